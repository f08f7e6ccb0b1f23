// Returns a sentence for each thing on this page that would shut somebody out. Nothing is loaded, and the page is left as it was.
const wrong = [];
const all = (css) => [...document.querySelectorAll(css)];
const visible = (element) => element.checkVisibility();
const named = (element) => (element.getAttribute('aria-label') ?? element.textContent).trim()
  || element.querySelector('img[alt]:not([alt=""])');
const show = (element) => element.outerHTML.replace(/\s+/g, ' ').slice(0, 90);

if (!document.documentElement.lang) wrong.push('the page does not say its language');
if (!document.title.trim()) wrong.push('the page has no title');
if (document.compatMode !== 'CSS1Compat') wrong.push('the page has no doctype');
if (all('main').length !== 1) wrong.push('the page has no single <main>');
if (!document.querySelector('meta[name=viewport]')) wrong.push('the page does not fit small screens');
if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page must be scrolled sideways');

const levels = all('h1, h2, h3, h4, h5, h6').map((heading) => Number(heading.tagName[1]));
if (levels.filter((level) => level === 1).length !== 1) wrong.push('the page has no single first heading');
levels.reduce((before, level) => {
  if (level > before + 1) wrong.push(`a heading of level ${level} follows one of level ${before}`);
  return level;
}, 0);

for (const field of all('input:not([type=hidden]), select, textarea')) {
  if (!field.labels.length && !field.getAttribute('aria-label')) wrong.push(`no label: ${show(field)}`);
  if (field.type === 'password' && !field.autocomplete) wrong.push(`password managers cannot help: ${show(field)}`);
}
for (const control of all('a[href], button')) if (!named(control)) wrong.push(`no name: ${show(control)}`);
for (const image of all('img')) if (image.getAttribute('alt') === null) wrong.push(`no alt: ${show(image)}`);
for (const element of all('[tabindex]')) if (element.tabIndex > 0) wrong.push(`forced order: ${show(element)}`);
const names = all('a[href], button').filter(visible).map((control) => control.textContent.trim());
for (const button of all('button').filter(visible)) {
  const name = button.textContent.trim();
  if (names.filter((other) => other === name).length > 1) wrong.push(`two controls are called “${name}”`);
}
const ids = all('[id]').map((element) => element.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`the id ${id} is there twice`);

// WCAG's contrast of 4.5 between a text and what is behind it.
const rgb = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => {
  const [r, g, b] = rgb(colour).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const probe = document.body.appendChild(document.createElement('i'));
probe.style.setProperty('background', 'Canvas');
const canvas = getComputedStyle(probe).backgroundColor;
probe.remove();
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if ((rgb(colour)[3] ?? 1) === 1) return colour;
  }
  return canvas;
};
for (const element of all('body *')) {
  const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!says || !visible(element)) continue;
  const [light, dark] = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((a, b) => b - a);
  const contrast = (light + 0.05) / (dark + 0.05);
  if (contrast < 4.5) wrong.push(`contrast ${contrast.toFixed(1)}: ${show(element)}`);
}
return [...new Set(wrong)];
