import { inside } from '../inside';
import type { Fault } from './fault';

/** As if it were a filesystem of its own: what spools, databases and our own state lie on. */
const defaultPath = '/var';

/**
 * A filesystem without room: an overlay over the folder whose upper layer is a small tmpfs that a file fills.
 * Everything is still there to be read; what needs a new block gets ENOSPC. `df` says it is full.
 */
export const fullDisk: Fault = {
  name: 'full-disk',
  summary: 'the filesystem of a folder (--path, /var) has no room',
  takes: ['path'],
  endsWithBoot: true,
  break: async (lab, host, { path = defaultPath }) => void (await inside(lab, host, fillScript, path)),
  mend: async (lab, host) => void (await inside(lab, host, emptyScript)),
};

/**
 * It is full before anybody sees it: what could still be written to a layer that is filled later would be lost with it.
 * Locks are of the file below the layer: those that are held (on empty files) go on to be seen.
 */
const fillScript = `
path=$(readlink -e "$1") || { echo "there is no $1" >&2; exit 1; }
layers=/run/full-disk
mkdir $layers
mount -t tmpfs -o size=1m tmpfs $layers
mkdir $layers/upper $layers/work $layers/below
mount --bind "$path" $layers/below
chmod --reference="$path" $layers/upper
chown --reference="$path" $layers/upper
echo "$path" >$layers/path
dd if=/dev/zero of=$layers/filling bs=4k 2>/dev/null || true
mount -t overlay full-disk -o "lowerdir=$path,upperdir=$layers/upper,workdir=$layers/work" "$path"
for file in $(find /proc/[0-9]*/fd -lname "$path/*" -printf '%l\\n' 2>/dev/null | sort -u); do
  if [ -f "$file" ] && [ ! -s "$file" ]; then mount --bind "$layers/below\${file#"$path"}" "$file"; fi
done
`;

/** What needs no room has happened all the same, as on any full disk, and is kept: deletions (0:0), folders, empty files. */
const emptyScript = `
layers=/run/full-disk
cd $layers/upper
find . -mindepth 1 -type c -exec sh -c 'for name; do rm -rf "$0/$name"; done' $layers/below {} +
find . -mindepth 1 ! -type c -print0 | tar --null --no-recursion -T - -c | tar -x -p -C $layers/below
cd /
umount --lazy "$(cat $layers/path)"
umount --lazy $layers
rmdir $layers
`;
