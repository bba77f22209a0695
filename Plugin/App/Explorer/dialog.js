// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Modal dialogs with a form

import {make, makeId, t} from './kit.js';

function listFocusable(dialog)
{
  return [...dialog.querySelectorAll('button, input, select, textarea, a[href], summary, iframe')]
    .filter(element => !element.disabled && element.getClientRects().length > 0);
}

// The browser makes the page behind inert, but would let Tab leave for its own toolbar
function keepFocus(dialog, event)
{
  if (event.key !== 'Tab')
  {
    return;
  }
  const elements = listFocusable(dialog);
  const first = elements[0];
  const last = elements[elements.length - 1];
  const active = document.activeElement;
  if (event.shiftKey && (active === first || active === dialog))
  {
    event.preventDefault();
    last.focus();
  }
  else if (!event.shiftKey && active === last)
  {
    event.preventDefault();
    first.focus();
  }
}

/**
 * Shows a modal dialog with a form; returns it. Escape and the cross close it, focus goes back to
 * where it was. "onSubmit" is called for Enter and for buttons of type "submit".
 **/
export function openDialog(title, content, buttons, onSubmit, onClose = () => {})
{
  const heading = make('h2', {id: makeId()}, title);
  const opener = document.activeElement;
  const close = make('button', {
    type: 'button', class: 'oar-close', 'aria-label': t('close'), title: t('close'),
    onclick: () => dialog.close()
  }, '\u00D7');
  const form = make('form', {
    class: 'oar-form', 'data-ajax': 'false', novalidate: true, onsubmit: event =>
    {
      event.preventDefault();
      event.stopPropagation();
      onSubmit(event);
    }
  }, make('div', {class: 'oar-body'}, ...content), make('div', {class: 'oar-actions'}, ...buttons));
  const dialog = make('dialog', {
    class: 'oar-dialog', 'aria-labelledby': heading.id, onkeydown: event => keepFocus(dialog, event),
    onclose: () =>
    {
      dialog.remove();
      onClose();
      if (opener && opener.isConnected)
      {
        opener.focus();
      }
    }
  }, make('header', {}, heading, close), form);
  document.body.append(dialog);
  dialog.showModal();
  const start = form.querySelector('input, select, button');
  if (start)
  {
    start.focus();
  }
  return dialog;
}

export function closeDialogs()
{
  for (const dialog of document.querySelectorAll('dialog.oar-dialog[open]'))
  {
    dialog.close();
  }
}
