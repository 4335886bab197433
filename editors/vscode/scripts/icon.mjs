// Draws icon.png, which VS Code wants, from icon.svg: node scripts/icon.mjs CHROMIUM
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const browser = await chromium.launch({ executablePath: process.argv[2], args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
await page.setContent(`<body style="margin:0">${readFileSync(`${root}icon.svg`, 'utf8')}</body>`);
await page.screenshot({ path: `${root}icon.png`, omitBackground: true });
await browser.close();
