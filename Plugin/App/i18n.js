// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Texts, numbers and times in the language of the user. A text is a key of messages/LANGUAGE.json, with
// {names} to be filled in; "key.one" and "key.other" are what PluralRules choose between.

import {FILES} from './api.js';

export const LANGUAGES = {en: 'English', fr: 'Français', de: 'Deutsch', es: 'Español'};
const STORED = 'advancedRest.language';

let messages = {};
export let language = 'en';
let plural = new Intl.PluralRules('en');

function chooseLanguage() {
  const wanted = [localStorage.getItem(STORED), ...(navigator.languages || [navigator.language])];
  for (const name of wanted) {
    const short = (name || '').slice(0, 2).toLowerCase();
    if (short in LANGUAGES) {
      return short;
    }
  }
  return 'en';
}

export async function loadMessages() {
  language = chooseLanguage();
  plural = new Intl.PluralRules(language);
  const response = await fetch(`${FILES}messages/${language}.json`);
  messages = await response.json();
  document.documentElement.lang = language;
}

export function setLanguage(name) {
  localStorage.setItem(STORED, name);
  location.reload();
}

export function hasText(key) {
  return key in messages;
}

export function t(key, values = {}) {
  const text = messages[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

// By a number, which is {count}
export function tn(key, count, values = {}) {
  return t(`${key}.${plural.select(count) === 'one' ? 'one' : 'other'}`,
    {count: formatNumber(count), ...values});
}

export function formatNumber(value, digits = 0) {
  return new Intl.NumberFormat(language, {maximumFractionDigits: digits}).format(value);
}

export function formatBytes(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  let value = Number(bytes) || 0;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${formatNumber(value, unit === 0 || value >= 100 ? 0 : 1)}\u00a0${units[unit]}`;
}

export function formatSpeed(bytesPerSecond) {
  return `${formatBytes(bytesPerSecond)}/s`;
}

export function formatPercent(fraction, digits = 0) {
  return new Intl.NumberFormat(language, {style: 'percent', maximumFractionDigits: digits}).format(fraction);
}

export function formatDuration(seconds) {
  if (seconds < 1) {
    return '<\u00a01\u00a0s';
  }
  const value = Math.round(seconds);
  const days = Math.floor(value / 86400);
  const hours = Math.floor(value / 3600) % 24;
  const minutes = Math.floor(value / 60) % 60;
  if (days > 0) {
    return `${days}\u00a0${t('unit.day')} ${hours}\u00a0h`;
  }
  if (hours > 0) {
    return `${hours}\u00a0h ${String(minutes).padStart(2, '0')}\u00a0min`;
  }
  return minutes > 0 ? `${minutes}\u00a0min ${String(value % 60).padStart(2, '0')}\u00a0s` : `${value}\u00a0s`;
}

// "20261231T235959.123456", as the server writes times, in UTC; null if it is none
export function parseTime(text) {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(text || '');
  return match ? new Date(Date.UTC(+match[1], match[2] - 1, +match[3], +match[4], +match[5], +match[6])) : null;
}

// "20261231T235959", for a query
export function formatQueryTime(date) {
  return date.toISOString().replace(/[-:]/g, '').slice(0, 15);
}

export function formatTime(date) {
  if (!date) {
    return '';
  }
  const isToday = date.toDateString() === new Date().toDateString();
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  return new Intl.DateTimeFormat(language, isToday
    ? {hour: '2-digit', minute: '2-digit', second: '2-digit'}
    : {year: isThisYear ? undefined : 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit'}).format(date);
}

export function formatFullTime(date) {
  return date ? new Intl.DateTimeFormat(language, {dateStyle: 'medium', timeStyle: 'medium'}).format(date) : '';
}

// A date of DICOM (DA), "20261231"; what is none stays as it is
export function formatDicomDate(text) {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(text || '');
  if (!match) {
    return text || '';
  }
  const date = new Date(Date.UTC(+match[1], match[2] - 1, +match[3]));
  return new Intl.DateTimeFormat(language, {dateStyle: 'medium', timeZone: 'UTC'}).format(date);
}

// What went wrong, in words: what we can say, then what the server says
export function explainError(error) {
  const key = `http.${error.status}`;
  const own = error.status === undefined ? t('http.unexpected') : hasText(key) ? t(key) : t('http.other', {status: error.status});
  const details = error.status === undefined ? String(error.message || error) : error.details;
  return details ? `${own} ${t('http.server', {details})}` : own;
}
