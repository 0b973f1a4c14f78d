export const stage = [
  `installed unzip 0 6.0 28 x86_64 4fd2c3
installed openssl 1 3.0.11 1~deb12u2 x86_64 9ac1
package zip is not installed
platform debian12 x86_64
head 5d41402abc4b2a76b9719d911017c592
reboot pending
Filesystem     1024-blocks     Used Available Capacity Mounted on
overlay          263174212 12014380  83421980      13% /
tmpfs                 1024      100       924      10% /tmp
test ok
done
`,
  'refused TG_HOST_STATE_PLANTED it is a symbolic link\n',
  'test libssl.so.3 is needed by unzip-6.0-28.1.x86_64\nplatform a b\nhead none\ndone\n',
];

export const operation = [
  `head 5d41402abc4b2a76b9719d911017c592
state done
began 1772445600
ended 1772445642
restart sshd.service
config /etc/unzip.conf.rpmnew
outcome ok
log
+ rpm -U
\u001b[31mdone
`,
  'state running\nbegan 1772445600\n',
  'state done\nbegan 1\nfailed TG_CHECK_FAILED unzip -v: exit 1\nleft installed unzip 0 6.0 28 x86_64 aa\nleft differs S.5....T.    /usr/bin/unzip\noutcome TG_CHECK_FAILED\n',
  'refused TG_HOST_MOVED head is 5d41\n',
  'state lost\n',
];

export const examination = [
  `head abc
last done
state done
began 1
failed TG_CHECK_FAILED unzip -v: exit 1
outcome TG_CHECK_FAILED
installed unzip 0 6.0 28 x86_64 aa
installed unzip 0 6.0 28.1 x86_64 bb
package zip is not installed
differs S.5....T.    /usr/bin/unzip
done
log
+ rpm -U
\u001b[31mdone
`,
  'refused TG_HOST_STATE_PLANTED it is a symbolic link\n',
];

export const check = [
  `account=tidegate
sudo=ok
platform=debian12-x86_64
rpmdb=ok
space=/ 83421980
space=/var 924
state=ok
clock=1772445600
done=yes
`,
  `account=root
sudo=no sudo: a password is required
missing=setsid
platform=rhel9-x86_64
rpmdb=bad error: rpmdb
state=/var/lib/tidegate
clock=1
rpmlock=4711
reboot=/run/reboot-required
done=yes
`,
];

export const push = [
  'want 0\nwant 17\nmode 3\ndone 18\n',
  'refused TG_HOST_FULL cannot write /etc/motd\n',
  'done 0\n',
];

export const build = [
  `state done\ncode 0\nlog 1234\nrpm ${'ab'.repeat(32)} 6364 noarch/hello-1.0-1.noarch.rpm\nrpm ${'cd'.repeat(32)} 99 x86_64/hi-2~rc1-1.x86_64.rpm\n`,
  'state done\ncode 137\nlog 0\n',
];
