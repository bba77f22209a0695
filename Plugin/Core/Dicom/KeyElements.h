// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  // Explicit VR little endian (PS3.5 7.1.2), the form of all keys and of a DICOMDIR
  struct KeyElement
  {
    std::uint32_t tag = 0;
    std::string_view vr;
    std::string_view value; // with its padding
    std::string_view bytes; // the whole element
  };

  // Takes one element from the beginning, which must be what AppendElement made
  KeyElement TakeElement(std::string_view& keys);

  // Absent if there is no such element; the value without padding
  std::optional<std::string_view> FindValue(std::string_view keys, std::uint32_t tag);

  // Pads to an even length. A value too long for its VR is refused with Failure(Internal)
  void AppendElement(std::string& target,
                     std::uint32_t tag,
                     std::string_view vr,
                     std::string_view value);

  void AppendUint16(std::string& target, std::uint16_t value);
  void AppendUint32(std::string& target, std::uint32_t value);
  void AppendTag(std::string& target, std::uint32_t tag);

  // Length of four bytes (PS3.5 7.1.2)
  bool HasLongLength(std::string_view vr);

  // Text in the widest sense, UIDs as well: what is padded, and what may end with NULs by mistake
  bool IsText(std::string_view vr);

  // Without spaces and NULs at the end
  std::string_view TrimEnd(std::string_view value);

  // Nothing but spaces, NULs and backslashes
  bool IsEmptyValue(std::string_view value);
} // namespace OrthancPlugins
