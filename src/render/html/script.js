// What the page does beyond being read: copies commands, sets any two variants beside each other, listens to keys.
// Text only ever becomes text here: nothing is made of strings of HTML.
(() => {
  'use strict';
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null) element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children);
    return element;
  };
  const plural = (count, word) => `${count} ${word}${count === 1 ? '' : 's'}`;

  // ---- Commands are copied

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make('textarea');
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand('copy');
      area.remove();
    }
  };
  const withCopy = (code) => {
    const say = (text, button) => { button.textContent = text; };
    const button = make('button', { class: 'copy', type: 'button', 'aria-label': `Copy: ${code.textContent}` }, 'Copy');
    button.addEventListener('click', async () => {
      await copy(code.textContent);
      say('Copied', button);
      setTimeout(say, 1500, 'Copy', button);
    });
    code.after(button);
  };
  all('code.cmd').forEach(withCopy);
  const typed = (command) => {
    const code = make('code', { class: 'cmd' }, command);
    const box = make('span', { class: 'command' }, code);
    withCopy(code);
    return box;
  };

  // ---- What a link leads to is open

  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.tagName === 'DETAILS') target.open = true;
  };
  addEventListener('hashchange', reveal);
  reveal();
  addEventListener('beforeprint', () => all('#details details.variant').forEach((it) => { it.open = true; }));

  // ---- Versions of files, from what stands in the page

  const source = find('#sides');
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const names = ['base', ...data.variants.map((index) => `var${index}`)];
  const parsed = new Map();

  // The hunks of a version against the base: rows of { sign, text, marks }.
  const hunksOf = (file, place) => {
    const id = `f${file}p${place}`;
    if (!parsed.has(id)) parsed.set(id, parse(document.getElementById(id)));
    return parsed.get(id);
  };
  const parse = (pre) => {
    const hunks = [];
    let rows = [];
    for (const node of pre ? pre.childNodes : []) {
      if (node.nodeName === 'B') {
        const [, a, removed, b, added, heading] = /^@@ -(\d+),(\d+) \+(\d+),(\d+) @@ ([^]*)$/.exec(node.textContent);
        rows = [];
        hunks.push({ a: +a + (removed === '0'), b: +b + (added === '0'), heading, rows });
      } else if (node.nodeName === '#text') {
        // The line end of the element before, then lines that both versions have.
        const lines = node.data.slice(1).split('\n');
        lines.pop();
        for (const line of lines) rows.push({ sign: ' ', text: line.slice(1), marks: [] });
      } else {
        const marks = [];
        let at = -1;
        for (const part of node.childNodes) {
          if (part.nodeName === 'MARK') marks.push([at, at + part.textContent.length]);
          at += part.textContent.length;
        }
        rows.push({ sign: node.nodeName === 'INS' ? '+' : '-', text: node.textContent.slice(1), marks });
      }
    }
    return hunks;
  };

  // The lines of a file that stand in the page: of the base, and of each version, by number.
  const known = new Map();
  const linesOf = (file) => {
    if (!known.has(file)) {
      const base = new Map();
      const own = new Map();
      data.files[file].first.forEach((first, place) => {
        if (first !== place || place === 0) return;
        const lines = new Map();
        const shifts = [];
        for (const hunk of hunksOf(file, place)) {
          let [a, b] = [hunk.a, hunk.b];
          for (const row of hunk.rows) {
            if (row.sign !== '+') base.set(a++, row.text);
            if (row.sign !== '-') lines.set(b++, row.text);
          }
          shifts.push({ from: b, shift: a - b });
        }
        own.set(place, { lines, shifts });
      });
      known.set(file, { base, own });
    }
    return known.get(file);
  };
  const line = (file, place, number) => {
    const { base, own } = linesOf(file);
    const { lines, shifts } = own.get(place);
    if (lines.has(number)) return lines.get(number);
    const before = shifts.filter(({ from }) => from <= number).pop();
    return base.get(number + (before ? before.shift : 0)) ?? '';
  };

  // ---- How two versions differ

  const flat = (marks) => marks.reduce((pairs, value, at) => {
    if (at % 2) pairs[pairs.length - 1].push(pairs[pairs.length - 1][0] + value);
    else pairs.push([value]);
    return pairs;
  }, []);
  const unpack = (file, a, b, hunks) => hunks.map(([from, to, heading, ops]) => {
    let [x, y] = [from, to];
    const rows = [];
    for (const op of ops) {
      if (typeof op === 'number') {
        for (let n = 0; n < op; n++, x++, y++) rows.push({ sign: ' ', text: line(file, a, x), marks: [] });
      } else {
        const [removed, added, marks] = op;
        for (let n = 0; n < removed; n++, x++) rows.push({ sign: '-', text: line(file, a, x), marks: flat(marks[n]?.[0] ?? []) });
        for (let n = 0; n < added; n++, y++) rows.push({ sign: '+', text: line(file, b, y), marks: flat(marks[n]?.[1] ?? []) });
      }
    }
    return { a: from, b: to, heading, rows };
  });
  const runs = (rows) => {
    const found = [];
    for (const row of rows) {
      const last = found[found.length - 1];
      if (row.sign === ' ') found.push(row);
      else if (last && last.removed) (row.sign === '-' ? last.removed : last.added).push(row);
      else found.push({ removed: row.sign === '-' ? [row] : [], added: row.sign === '+' ? [row] : [] });
    }
    return found;
  };
  const turned = { 'new file': 'deleted file', 'deleted file': 'new file' };
  const mirror = ({ notes, hunks }) => ({
    notes: notes.map((note) => turned[note] ?? note.replace(/^(mode |renamed: )?(.+) → (.+)$/, '$1$3 → $2')),
    hunks: hunks.map(({ a, b, heading, rows }) => ({
      a: b, b: a, heading,
      rows: runs(rows).flatMap((run) => run.removed
        ? [...run.added.map((row) => ({ ...row, sign: '-' })), ...run.removed.map((row) => ({ ...row, sign: '+' }))]
        : [run]),
    })),
  });
  // null where they are the same, { out } where that is too large for the page.
  const between = (file, a, b) => {
    const { first, out, notes, pairs } = data.files[file];
    const [x, y] = [first[a], first[b]];
    if (x === y) return null;
    if (out.includes(a) || out.includes(b)) return { out: true };
    if (x === 0) return { notes: notes[y] || [], hunks: hunksOf(file, y) };
    if (y === 0) return mirror({ notes: notes[x] || [], hunks: hunksOf(file, x) });
    const [low, high] = x < y ? [x, y] : [y, x];
    const pair = pairs.find((it) => it[0] === low && it[1] === high);
    if (!pair) return { out: true };
    const difference = { notes: pair[2], hunks: unpack(file, low, high, pair[3]) };
    return x < y ? difference : mirror(difference);
  };

  // ---- Shown

  const wide = matchMedia('(min-width: 46.01rem)');
  const state = { a: 0, b: 1, side: true };
  const cells = (kind, number, row) => {
    if (!row) return [make('td', { class: 'no void' }), make('td', { class: 'sign void' }), make('td', { class: 'code void' })];
    const code = make('td', { class: `code ${kind}` });
    let at = 0;
    for (const [from, to] of row.marks) {
      code.append(row.text.slice(at, from), make('mark', {}, row.text.slice(from, to)));
      at = to;
    }
    code.append(row.text.slice(at));
    const sign = kind === 'add' ? '+' : kind === 'del' ? '−' : '';
    return [make('td', { class: `no ${kind}` }, String(number)), make('td', { class: `sign ${kind}` }, sign), code];
  };
  const gap = (columns, hunk) => make('tr', { class: 'gap' },
    make('td', { colspan: columns }, `@@ ${names[state.a]} ${hunk.a}, ${names[state.b]} ${hunk.b} @@ ${hunk.heading}`));
  const sideBySide = (hunks) => {
    const body = make('tbody');
    for (const hunk of hunks) {
      let [a, b] = [hunk.a, hunk.b];
      body.append(gap(6, hunk));
      for (const run of runs(hunk.rows)) {
        if (!run.removed) {
          body.append(make('tr', {}, ...cells('', a++, run), ...cells('', b++, run)));
          continue;
        }
        for (let n = 0; n < Math.max(run.removed.length, run.added.length); n++) {
          const [old, now] = [run.removed[n], run.added[n]];
          body.append(make('tr', {}, ...cells('del', old && a++, old), ...cells('add', now && b++, now)));
        }
      }
    }
    return body;
  };
  const unified = (hunks) => {
    const body = make('tbody');
    for (const hunk of hunks) {
      let [a, b] = [hunk.a, hunk.b];
      body.append(gap(3, hunk));
      for (const row of hunk.rows) {
        const kind = { '-': 'del', '+': 'add', ' ': '' }[row.sign];
        const number = row.sign === '-' ? a : b;
        if (row.sign !== '+') a++;
        if (row.sign !== '-') b++;
        body.append(make('tr', {}, ...cells(kind, number, row)));
      }
    }
    return body;
  };
  const columns = (count) => make('colgroup', {}, ...Array.from({ length: count },
    (_, at) => make('col', { class: ['no', 'sign', 'code'][at % 3] })));
  const heads = (side) => make('thead', { class: 'hidden' }, make('tr', {}, ...(side ? [state.a, state.b] : [state.b]).flatMap(
    (place) => ['line of', 'sign of', 'text of'].map((what) => make('th', { scope: 'col' }, `${what} ${names[place]}`)))));
  const table = (path, hunks) => {
    const side = state.side && wide.matches;
    return make('table', { class: side ? 'diff side' : 'diff', 'aria-label': `${path}: ${names[state.a]} and ${names[state.b]}` },
      columns(side ? 6 : 3), heads(side), side ? sideBySide(hunks) : unified(hunks));
  };
  const word = (place) => (place === 0 ? null : data.variants[place - 1]);
  // The command that shows the same on a terminal: the base is what one variant is held against.
  const command = (file) => {
    const [a, b] = [word(state.a), word(state.b)];
    const turned = b === null ? ' -R' : '';
    const which = a === null ? ` ${b}` : b === null ? ` ${a}${turned}` : ` ${a} ${b}`;
    return `git puff diff ${data.run}${which}${file === undefined ? '' : ` -- ${data.files[file].word}`}`;
  };

  const at = find('#compare');
  find('#static').hidden = true;
  at.hidden = false;
  const choose = (label, key, id) => {
    const select = make('select', { id, onchange: () => { state[key] = +select.value; show(); } },
      ...names.map((name, place) => make('option', { value: place }, name)));
    return [make('label', { for: id }, label), select];
  };
  const [aLabel, aSelect] = choose('Left', 'a', 'side-a');
  const [bLabel, bSelect] = choose('Right', 'b', 'side-b');
  const swap = () => { [state.a, state.b] = [state.b, state.a]; show(); };
  const turn = () => { state.side = !state.side; show(); };
  const view = make('button', { type: 'button', onclick: turn, 'aria-pressed': 'true', id: 'view' }, 'Side by side');
  const status = make('p', { class: 'status', role: 'status' });
  const list = make('div', { id: 'files' });
  at.append(
    make('div', { class: 'tools', role: 'group', 'aria-label': 'What is compared' },
      aLabel, aSelect, make('button', { type: 'button', onclick: swap, 'aria-label': 'Swap left and right' }, '⇄'), bLabel, bSelect,
      view, make('span', { class: 'grow' }), make('button', { type: 'button', onclick: help }, 'Keys')),
    status, list);

  const OPEN = 1500;
  const entry = (file, difference, open) => {
    const { path } = data.files[file];
    const count = (sign) => difference.hunks.reduce((sum, hunk) => sum + hunk.rows.filter((row) => row.sign === sign).length, 0);
    const counts = difference.out ? [make('span', { class: 'small' }, 'too large for this page')]
      : [make('span', { class: 'plus' }, `+${count('+')}`), ' ', make('span', { class: 'minus' }, `−${count('-')}`)];
    const details = make('details', { class: 'file', 'data-file': file }, make('summary', {}, make('code', {}, path), ' ', ...counts));
    const fill = () => {
      if (!details.open || details.dataset.filled) return;
      details.dataset.filled = 'yes';
      if (difference.out) {
        details.append(make('p', {}, 'See it on a terminal: ', typed(command(file))));
        return;
      }
      for (const note of difference.notes) details.append(make('p', { class: 'small' }, note));
      if (difference.hunks.length > 0) details.append(table(path, difference.hunks));
    };
    details.addEventListener('toggle', fill);
    details.open = open;
    fill();
    return details;
  };
  let current = -1;
  const show = () => {
    current = -1;
    [aSelect.value, bSelect.value] = [state.a, state.b];
    const side = state.side && wide.matches;
    view.setAttribute('aria-pressed', side);
    view.hidden = !wide.matches;
    const entries = [];
    let rows = 0;
    let plus = 0;
    let minus = 0;
    data.files.forEach((_, file) => {
      const difference = between(file, state.a, state.b);
      if (!difference) return;
      for (const hunk of difference.hunks ?? []) {
        rows += hunk.rows.length;
        for (const row of hunk.rows) {
          plus += row.sign === '+';
          minus += row.sign === '-';
        }
      }
      entries.push(entry(file, difference, rows <= OPEN || entries.length === 0));
    });
    const same = entries.length === 0;
    status.replaceChildren(same ? `${names[state.a]} and ${names[state.b]} are the same.`
      : `From ${names[state.a]} to ${names[state.b]}: ${plural(entries.length, 'file')}, +${plus} −${minus}. `);
    if (!same) status.append(typed(command()));
    list.replaceChildren(...entries);
  };
  const choosePair = (a, b, focus) => {
    [state.a, state.b] = [names.indexOf(a), names.indexOf(b)];
    show();
    find('#changes').scrollIntoView();
    if (focus) aSelect.focus({ preventScroll: true });
  };
  const advised = data.first === null ? -1 : data.variants.indexOf(data.first);
  state.b = Math.max(advised, 0) + 1;
  wide.addEventListener('change', show);
  show();

  // ---- The picture of likeness leads to the changes

  const isPair = ({ a, b }) => a !== b && names.includes(a) && names.includes(b);
  for (const cell of all('.matrix .cell')) {
    if (isPair(cell.dataset)) cell.addEventListener('click', () => choosePair(cell.dataset.a, cell.dataset.b));
  }
  // In the table the same is reached by keys: one stop for Tab, arrows between the cells.
  const buttons = all('.numbers td[data-a]').filter((cell) => isPair(cell.dataset)).map((cell, number) => {
    const { a, b } = cell.dataset;
    const button = make('button', {
      type: 'button', tabindex: number === 0 ? 0 : -1, 'aria-label': `${a} and ${b}: ${cell.textContent}, show the changes`,
      onclick: () => choosePair(a, b, true),
    }, cell.textContent);
    cell.replaceChildren(button);
    return button;
  });
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: names.length - 2, ArrowUp: 2 - names.length };
  for (const button of buttons) {
    button.addEventListener('keydown', (event) => {
      const next = buttons[buttons.indexOf(button) + (steps[event.key] ?? NaN)];
      if (!next) return;
      event.preventDefault();
      button.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
  }

  // ---- Keys

  const go = (by) => {
    const files = all('details.file', list);
    if (files.length === 0) return;
    files[current]?.classList.remove('current');
    current = Math.min(Math.max(current + by, 0), files.length - 1);
    files[current].classList.add('current');
    const summary = find('summary', files[current]);
    summary.focus({ preventScroll: true });
    summary.scrollIntoView({ block: 'start' });
  };
  const toggle = () => {
    const file = all('details.file', list)[Math.max(current, 0)];
    if (file) file.open = !file.open;
  };
  const keys = {
    j: () => go(1), k: () => go(-1), o: toggle, s: swap, u: turn, '?': () => help(),
    a: () => aSelect.focus(), b: () => bSelect.focus(),
  };
  addEventListener('keydown', (event) => {
    const typing = /^(INPUT|TEXTAREA)$/.test(event.target.tagName) || find('dialog[open]');
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    // In a list of choices letters choose, but for the help.
    if (event.target.tagName === 'SELECT' && event.key !== '?') return;
    event.preventDefault();
    keys[event.key]();
  });

  function help() {
    find('#help').showModal();
  }
})();
