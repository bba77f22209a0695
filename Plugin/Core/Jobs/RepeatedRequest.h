// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "../Archive/ArchiveRequest.h"

namespace OrthancPlugins
{
  // Of two requests with the same idempotency key: throws Failure(Conflict) if the second one asks for
  // another archive, which must never get the first one's. What only goes with an archive (its file
  // name, user data, priority) may differ
  void RequireSameArchive(const ArchiveRequest& first, const ArchiveRequest& repeated);
} // namespace OrthancPlugins
