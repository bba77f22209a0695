// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Which takeovers the configuration has switched on: what is off is not offered

import {getJson} from './kit.js';

let features = null;

export function getFeatures()
{
  features = features || getJson('advanced-rest/app/features.json')
    .catch(() => ({archive: true, media: true, documents: true, jobs: true}));
  return features;
}
