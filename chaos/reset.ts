import { inside } from '../lab/inside';
import { marksFolder, packageName } from './package';
import type { Setting } from './setting';
import { witnessLog } from './witness';

/** As a person would put a host in order, with rpm itself and past its witnesses. */
const putInOrder = `
rpm=/usr/lib/tidegate-lab/rpm
rm -f ${marksFolder}/pre-* ${marksFolder}/post-* /etc/tidegate-lab-fault /${witnessLog}
[ -z "$2" ] || : >/etc/tidegate-lab-fault
[ "$($rpm -q --qf '%{VERSION}' ${packageName} 2>/dev/null)" = "$1" ] && $rpm -V ${packageName} >/dev/null && exit
$rpm -U --oldpackage --replacepkgs --force-debian ${marksFolder}/$1.rpm >/dev/null 2>&1
[ "$($rpm -q --qf '%{VERSION}' ${packageName})" = "$1" ]`;

/** Every host has one version, no mark, and an empty log; those that are bad fail the plan's check. */
export async function reset({ lab }: Setting, version: string, bad: readonly string[]): Promise<void> {
  await Promise.all(
    lab.hosts.map((host) => inside(lab, host, putInOrder, version, bad.includes(host.name) ? 'bad' : '')),
  );
}
