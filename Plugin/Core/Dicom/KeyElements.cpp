// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "KeyElements.h"

#include "../Failure.h"

#include <algorithm>
#include <limits>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t SHORT_HEADER_BYTES = 8;
    constexpr std::size_t LONG_HEADER_BYTES = 12;

    std::uint32_t GetByte(std::string_view bytes, std::size_t index)
    {
      return static_cast<unsigned char>(bytes.at(index));
    }

    std::uint32_t GetUint16(std::string_view bytes, std::size_t index)
    {
      return GetByte(bytes, index) | GetByte(bytes, index + 1) << 8;
    }

    bool IsOneOf(std::string_view vr, std::string_view list)
    {
      for (std::size_t i = 0; i + 1 < list.size() && vr.size() == 2; i += 2)
      {
        if (list[i] == vr[0] && list[i + 1] == vr[1])
        {
          return true;
        }
      }
      return false;
    }
  } // namespace

  KeyElement TakeElement(std::string_view& keys)
  {
    KeyElement element;
    element.tag = GetUint16(keys, 0) << 16 | GetUint16(keys, 2);
    element.vr = keys.substr(4, 2);
    const bool isLong = HasLongLength(element.vr);
    const std::size_t header = isLong ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES;
    const std::size_t length =
      isLong ? GetUint16(keys, 8) | GetUint16(keys, 10) << 16 : GetUint16(keys, 6);
    element.bytes = keys.substr(0, header + length);
    element.value = element.bytes.substr(header);
    keys.remove_prefix(element.bytes.size());
    return element;
  }

  std::optional<std::string_view> FindValue(std::string_view keys, std::uint32_t tag)
  {
    while (!keys.empty())
    {
      const KeyElement element = TakeElement(keys);
      if (element.tag == tag)
      {
        return IsText(element.vr) ? TrimEnd(element.value) : element.value;
      }
    }
    return std::nullopt;
  }

  void AppendUint16(std::string& target, std::uint16_t value)
  {
    target.push_back(static_cast<char>(value & 0xFF));
    target.push_back(static_cast<char>(value >> 8));
  }

  void AppendUint32(std::string& target, std::uint32_t value)
  {
    AppendUint16(target, static_cast<std::uint16_t>(value & 0xFFFF));
    AppendUint16(target, static_cast<std::uint16_t>(value >> 16));
  }

  void AppendTag(std::string& target, std::uint32_t tag)
  {
    AppendUint16(target, static_cast<std::uint16_t>(tag >> 16));
    AppendUint16(target, static_cast<std::uint16_t>(tag & 0xFFFF));
  }

  void
  AppendElement(std::string& target, std::uint32_t tag, std::string_view vr, std::string_view value)
  {
    const std::size_t length = value.size() + value.size() % 2;
    const bool isLong = HasLongLength(vr);
    if (length > (isLong ? std::numeric_limits<std::uint32_t>::max() - 1
                         : std::numeric_limits<std::uint16_t>::max()))
    {
      throw Failure(FailureKind::Internal, "A value is too long for its representation");
    }
    AppendTag(target, tag);
    target.append(vr);
    if (isLong)
    {
      AppendUint16(target, 0);
      AppendUint32(target, static_cast<std::uint32_t>(length));
    }
    else
    {
      AppendUint16(target, static_cast<std::uint16_t>(length));
    }
    target.append(value);
    if (length != value.size())
    {
      target.push_back(IsText(vr) && vr != "UI" ? ' ' : '\0');
    }
  }

  bool HasLongLength(std::string_view vr)
  {
    return IsOneOf(vr, "OBOWOFODOLOVSQUNUCURUTSVUV");
  }

  bool IsText(std::string_view vr)
  {
    return IsOneOf(vr, "AEASCSDADSDTISLOLTPNSHSTTMUCUIURUT");
  }

  std::string_view TrimEnd(std::string_view value)
  {
    constexpr std::string_view PADDING(" \0", 2);
    return value.substr(0, value.find_last_not_of(PADDING) + 1);
  }

  bool IsEmptyValue(std::string_view value)
  {
    constexpr std::string_view NOTHING(" \\\0", 3);
    return value.find_first_not_of(NOTHING) == std::string_view::npos;
  }
} // namespace OrthancPlugins
