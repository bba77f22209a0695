// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// What the configuration has switched on: what is off is not offered

import {getJson} from './kit.js';

let features = null;

async function ask()
{
  try
  {
    const known = await getJson('advanced-rest/features');
    return {
      archive: known.Archive, media: known.Media, documents: known.Documents,
      canAttach: known.Documents && !known.IsReadOnly, hasPreviews: known.HasPreviews,
      maxFileBytes: known.Limits.MaxFileBytes || Infinity
    };
  }
  catch (error)
  {
    // Not for this user to know: the requests themselves are answered in words
    return {archive: true, media: true, documents: true, canAttach: true, hasPreviews: true,
            maxFileBytes: Infinity};
  }
}

export function getFeatures()
{
  features = features || ask();
  return features;
}
