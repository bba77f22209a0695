// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>

namespace OrthancPlugins
{
  // Whether files of this transfer syntax are compressed already (PS3.5 8.2 and A.4, PS3.6 table A-1):
  // deflating them again costs time and gains nothing. False for an empty or unknown UID
  bool IsCompressedTransferSyntax(const std::string& uid);
} // namespace OrthancPlugins
