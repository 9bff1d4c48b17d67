// The arithmetic of a list that shows some of its rows: which ones, and where it stands when others come or go.

/** Rows beyond the edge, so that a quick scroll does not show a gap. */
const margin = 8;

/** The rows to have, as [first, end). */
export function rowWindow(scrollTop, viewHeight, rowHeight, count) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
  const end = Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + margin);
  return [Math.min(first, end), end];
}

/** Where to scroll so that what is seen stays in place when rows come at the top; at the top itself new ones are seen. */
export function anchored(scrollTop, rowHeight, added) {
  return scrollTop < rowHeight / 2 ? scrollTop : scrollTop + added * rowHeight;
}

/** Where to scroll so that a row is seen whole. */
export function revealing(scrollTop, viewHeight, rowHeight, index) {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + viewHeight) return top + rowHeight - viewHeight;
  return scrollTop;
}
