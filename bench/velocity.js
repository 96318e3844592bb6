// Renders one template with velocityjs for a while: node velocity.js TEMPLATE PAYLOAD SECONDS PARAMS CONTEXT
// Prints {"parsing": renders a second of CPU time, "parsed": those of a template parsed once, "output": "..."}.
const fs = require('fs');
const { Compile, parse } = require('velocityjs');

const [template, payload, limit, params, context] = process.argv.slice(2);
const seconds = Number(limit);
const text = fs.readFileSync(payload, 'utf8');
const source = fs.readFileSync(template, 'utf8');
const compile = () => new Compile(parse(source), { escape: false });
const compiled = compile();
const given = { params: JSON.parse(params), context: JSON.parse(context) };

function input() {
  const document = JSON.parse(text);
  const path = (expression) => expression.split('.').slice(1).reduce((found, part) => found[part], document);
  return { path, json: (expression) => JSON.stringify(path(expression)), params: () => given.params };
}

const render = (by) => by.render({ input: input(), context: given.context });
const spent = (began) => { const used = process.cpuUsage(began); return (used.user + used.system) / 1e6; };

function rate(once, most) {
  const began = process.cpuUsage();
  let count = 0;
  while (spent(began) < most) {
    for (let i = 0; i < 10; i++) once();
    count += 10;
  }
  return count ? count / spent(began) : 0;
}

function warmRate(once) {
  rate(once, seconds / 2); // what V8 has to learn first
  return rate(once, seconds);
}

const parsing = warmRate(() => render(compile()));
const parsed = warmRate(() => render(compiled));
console.log(JSON.stringify({ parsing, parsed, output: render(compiled) }));
