/** How many anchors a page of a listing holds. */
export const ANCHORS_A_PAGE = 1_000;
