// The provider's few pages: plain HTML, no script, nothing loaded from another host.

import { readFileSync } from 'node:fs';

const STYLES = readFileSync(new URL('./provider.css', import.meta.url));

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escape = (value) => String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);

function page(ctx, title, body) {
  ctx.type = 'html';
  ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'");
  ctx.set('Referrer-Policy', 'no-referrer');
  ctx.body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="stylesheet" href="/provider.css">
</head>
<body>
<main>
<p class="crumb">Seloste, embedded stack</p>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>`;
}

export function stylesheet(ctx) {
  ctx.type = 'css';
  ctx.body = STYLES;
}

export function loginPage(ctx, uid, staff) {
  const choices = staff.map((person) => `<button name="sub" value="${escape(person.sub)}">
<strong lang="fi">${escape(person.name)}</strong>
<span>${escape(person.email)}${person.second_factor ? '' : ' · password only, without a second factor'}</span>
</button>`);
  page(ctx, 'Sign in as', `<p>Demo staff for development: choosing is enough, there are no passwords.</p>
<form method="post" action="/interaction/${escape(uid)}">${choices.join('\n')}</form>`);
}

export function logoutPage(ctx, form) {
  page(ctx, 'Sign out?', `${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes"><strong>Sign out</strong></button>
<button type="submit" form="op.logoutForm"><strong>Stay signed in here</strong></button>`);
}

export function signedOutPage(ctx) {
  page(ctx, 'Signed out', '<p>The session at this provider has ended.</p>');
}

export function errorPage(ctx, { error, error_description: description }) {
  page(ctx, 'The sign-in did not work', `<p><strong>${escape(error)}</strong></p><p>${escape(description ?? '')}</p>`);
}
