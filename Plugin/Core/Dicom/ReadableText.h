// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  /**
   * Makes UTF-8 of the text of one file, for people. Never fails: what cannot be decoded becomes
   * U+FFFD. One thread.
   **/
  class ReadableText
  {
  public:
    // (0008,0005) of the file, may be empty
    explicit ReadableText(std::string_view specificCharacterSet);
    ~ReadableText();

    // "isName": of VR PN, whose components end the reach of escape sequences (PS3.5 6.1.2.5.3)
    std::string Convert(std::string_view text, bool isName);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
