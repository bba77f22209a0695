// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <string>

namespace OrthancPlugins
{
  /**
   * Value of the header Content-Disposition for a file name that a client chose (RFC 6266).
   *
   * ASCII names as Orthanc from 1.12.11 on sends them: filename="..." without quotes. Other names get an
   * ASCII fallback there, and themselves as filename* (RFC 8187). Control characters are removed, so
   * that no header can be smuggled in; bytes that are no UTF-8 become U+FFFD. Names
   * of more than 240 bytes are shortened before their extension.
   **/
  std::string FormatContentDisposition(const std::string& filenameUtf8, bool isAttachment);
} // namespace OrthancPlugins
