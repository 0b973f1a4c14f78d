import { type Chapter, HostStory } from '../model/host-story';
import type { Ledger } from './ledger';
import { eachEntry, rolloutIds } from './rollout-books';

/** @returns what each rollout of the ledger tells of a host, the newest first; of a rehearsal only what needs a person. */
export async function hostChapters(ledger: Ledger, host: string): Promise<Chapter[]> {
  const chapters: Chapter[] = [];
  for (const rollout of await rolloutIds(ledger)) {
    const story = new HostStory(rollout, host);
    const rehearsal = new HostStory(rollout, host, 'control instance');
    await eachEntry(ledger, rollout, (entry) => {
      story.see(entry);
      rehearsal.see(entry);
    });
    const [chapter, rehearsed] = [story.chapter(), rehearsal.chapter()];
    if (chapter) chapters.push(chapter);
    if (rehearsed?.state === 'quarantined') chapters.push(rehearsed);
  }
  return chapters.sort((a, b) => b.at.localeCompare(a.at));
}
