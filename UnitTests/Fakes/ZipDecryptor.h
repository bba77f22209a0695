// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>

namespace OrthancPlugins
{
  // The data of an entry that was encrypted with AES-256 as WinZip says (salt, verification, data, code),
  // written from the specification and independent of ZipCipher: the counter mode block by block. Throws
  // std::runtime_error if the password or the authentication code is wrong
  std::string DecryptZipData(const std::string& data, const std::string& password);
} // namespace OrthancPlugins
