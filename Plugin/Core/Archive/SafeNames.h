// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace OrthancPlugins
{
  // Longest name of a file or folder in an archive. Most file systems take 255 bytes; users unpack
  // into folders of their own
  constexpr std::size_t MAX_NAME_BYTES = 120;

  /**
   * Makes one name of a file or folder that can be unpacked anywhere, without effect on names that
   * already can. These rules are ours; no version of the host has them:
   *
   * - "/", "\", ":", "*", "?", "<", ">", "|" and quotes become spaces, without repeating a space;
   *   control characters (C0, DEL, C1), line separators and characters that only format (bidirectional
   *   controls, zero-width characters) vanish; what is no UTF-8 becomes "_";
   * - no space at the beginning, no space and no dot at the end, so neither "." nor "..";
   * - a name of a Windows device (CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM0-9, LPT0-9, superscript
   *   digits included), alone or before a dot, gets "_" behind it;
   * - if nothing is left, the fallback, which must be safe.
   *
   * Does not shorten.
   **/
  std::string MakeSafeName(std::string_view name, const std::string& fallback);

  // Cuts between two code points so that at most maxBytes remain (at least one more than the
  // extension). The last extensionBytes of the name are kept. The result is safe if the name is
  std::string
  ShortenName(const std::string& name, std::size_t maxBytes, std::size_t extensionBytes);

  /**
   * The names that are in use in one folder, compared without case. Not thread-safe.
   **/
  class NameRegistry
  {
  public:
    // Takes exactly this name. False if somebody has it
    bool Take(const std::string& name);

    // Takes a safe name, shortened to maxBytes. If somebody has it, the host's suffix "-2", "-3"...
    // goes before the extension, counted per name, and is checked until the name is unique
    std::string
    TakeSimilar(const std::string& name, std::size_t maxBytes, std::size_t extensionBytes);

  private:
    std::unordered_set<std::string> taken_;              // folded
    std::unordered_map<std::string, unsigned> counters_; // folded name -> last suffix
  };
} // namespace OrthancPlugins
