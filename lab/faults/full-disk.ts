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

const fillScript = `
path=$(readlink -e "$1") || { echo "there is no $1" >&2; exit 1; }
layers=/run/full-disk
mkdir $layers
mount -t tmpfs -o size=1m tmpfs $layers
mkdir $layers/upper $layers/work
chmod --reference="$path" $layers/upper
chown --reference="$path" $layers/upper
echo "$path" >$layers/path
mount -t overlay full-disk -o "lowerdir=$path,upperdir=$layers/upper,workdir=$layers/work" "$path"
dd if=/dev/zero of=$layers/filling bs=4k 2>/dev/null || true
`;

/** What changed while it was full (files that were deleted, small ones that fitted) is lost with the layer. */
const emptyScript = `
layers=/run/full-disk
umount --lazy "$(cat $layers/path)"
umount --lazy $layers
rmdir $layers
`;
