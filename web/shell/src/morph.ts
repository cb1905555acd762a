// Makes a part of the document equal to new HTML by touching only what differs,
// so that focus, a half-typed word and an open fold survive.

/** Morphs the children of `target` into `html`. */
export function morph(target: Element, html: string): void {
  const template = document.createElement('template');
  template.innerHTML = html;
  children(target, template.content);
}

function same(a: Node, b: Node): boolean {
  if (a.nodeType !== b.nodeType || a.nodeName !== b.nodeName) return false;
  return !(a instanceof Element) || !(b instanceof Element) || a.id === b.id;
}

function children(old: Node, next: Node): void {
  let at = old.firstChild;
  for (const want of [...next.childNodes]) {
    let found = at;
    while (found && !same(found, want)) found = found.nextSibling;
    if (!found) {
      old.insertBefore(want, at);
      continue;
    }
    while (at && at !== found) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
    node(found, want);
    at = found.nextSibling;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function node(old: Node, want: Node): void {
  if (!(old instanceof Element) || !(want instanceof Element)) {
    if (old.nodeValue !== want.nodeValue) old.nodeValue = want.nodeValue;
    return;
  }
  attributes(old, want);
  children(old, want);
}

/** A field that somebody touched keeps what it has: its value is theirs. */
function attributes(old: Element, want: Element): void {
  for (const { name } of [...old.attributes]) {
    const theirs = old instanceof HTMLDetailsElement && name === 'open';
    if (!theirs && !want.hasAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of [...want.attributes]) {
    if (old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    if (old instanceof HTMLInputElement && name === 'value' && old !== document.activeElement && old.type === 'range') {
      old.value = value;
    }
  }
}
