/** How changesets are written into CHANGELOG.md: as they stand, since a hash tells a user nothing. */

export default {
  getReleaseLine: ({ summary }) => `- ${summary.trim().replaceAll("\n", "\n  ")}`,
  getDependencyReleaseLine: () => "",
};
