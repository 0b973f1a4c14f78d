import { type Chapter, HostStory } from '../model/host-story';
import type { Ledger } from './ledger';
import { eachEntry, rolloutIds } from './rollout-books';

/** @returns what each rollout of the ledger tells of a host, the newest first. */
export async function hostChapters(ledger: Ledger, host: string): Promise<Chapter[]> {
  const chapters: Chapter[] = [];
  for (const rollout of await rolloutIds(ledger)) {
    const story = new HostStory(rollout, host);
    await eachEntry(ledger, rollout, (entry) => story.see(entry));
    const chapter = story.chapter();
    if (chapter) chapters.push(chapter);
  }
  return chapters.sort((a, b) => b.at.localeCompare(a.at));
}
