/** An order that anna signed, with a key that is kept nowhere. */
export const signedMandate = {
  text: '{"fleet":"prod","nonce":"00112233445566778899aabbccddeeff","plan":"036d96991646d0449ed0aa952e4fbe21b476ce994abc276e49d30e686708bd37","target":"p-eaf5c51d","time":"2026-03-02T10:00:00Z","verb":"rollout start"}',
  signature: `-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgZBKRmYwQLRxfAlOP1MDiXESwXK
3MFhqANrDNy9jl+q8AAAAIdGlkZWdhdGUAAAAAAAAABnNoYTUxMgAAAFMAAAALc3NoLWVk
MjU1MTkAAABAb2vq/mBI9mfqWeXEua3Z9E4h8tFaAExIiq7xlmyBC0iIs/4vVKkpAw+iji
mKOwwB1dBHldoe5dhZsLEXR3G0Bg==
-----END SSH SIGNATURE-----
`,
};

export const allowedSigners = [
  `# who may start
anna@example.org namespaces="tidegate" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGQSkZmMEC0cXwJTj9TA4lxEsFytzBYagDawzcvY5fqv
ben@example.org,*@ops.example.org cert-authority,namespaces="tidegate,git",valid-before="20990101" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHmToZrw3WuOe+41jJcC9uavEljFARDDBeYjgwN3mMtp
`,
];
