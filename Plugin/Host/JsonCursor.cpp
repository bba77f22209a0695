// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JsonCursor.h"

#include <charconv>

namespace OrthancPlugins
{
  namespace
  {
    bool IsSpace(char c)
    {
      return c == ' ' || c == '\n' || c == '\t' || c == '\r';
    }

    bool EndsScalar(char c)
    {
      return c == ',' || c == ']' || c == '}' || IsSpace(c);
    }
  } // namespace

  bool JsonCursor::IsAtEnd()
  {
    SkipSpace();
    return isGood_ && position_ == text_.size();
  }

  std::string_view JsonCursor::TakeText()
  {
    SkipSpace();
    const std::size_t begin = position_;
    SkipText();
    if (!isGood_)
    {
      return {};
    }
    const std::string_view content = text_.substr(begin + 1, position_ - begin - 2);
    if (content.find('\\') != std::string_view::npos)
    {
      Fail();
      return {};
    }
    return content;
  }

  std::uint64_t JsonCursor::TakeUnsigned()
  {
    const std::string_view raw = TakeRaw();
    std::uint64_t number = 0;
    const char* const end = raw.data() + raw.size();
    const auto [next, error] = std::from_chars(raw.data(), end, number);
    if (!isGood_ || error != std::errc() || next != end)
    {
      Fail();
      return 0;
    }
    return number;
  }

  std::string_view JsonCursor::TakeRaw()
  {
    SkipSpace();
    const std::size_t begin = position_;
    const char first = Peek();
    if (first == '"')
    {
      SkipText();
    }
    else if (first == '{' || first == '[')
    {
      SkipNested();
    }
    else
    {
      while (position_ < text_.size() && !EndsScalar(text_[position_]))
      {
        position_++;
      }
    }
    if (position_ == begin)
    {
      Fail();
    }
    return isGood_ ? text_.substr(begin, position_ - begin) : std::string_view();
  }

  void JsonCursor::SkipSpace()
  {
    while (position_ < text_.size() && IsSpace(text_[position_]))
    {
      position_++;
    }
  }

  void JsonCursor::SkipText()
  {
    if (Peek() != '"')
    {
      Fail();
      return;
    }
    for (position_++; position_ < text_.size(); position_++)
    {
      const char c = text_[position_];
      if (c == '"')
      {
        position_++;
        return;
      }
      position_ += c == '\\' ? 1 : 0;
    }
    position_ = text_.size();
    Fail();
  }

  // Brackets are counted, whatever their shape
  void JsonCursor::SkipNested()
  {
    std::size_t depth = 0;
    while (isGood_ && position_ < text_.size())
    {
      const char c = text_[position_];
      if (c == '"')
      {
        SkipText();
        continue;
      }
      position_++;
      if (c == '{' || c == '[')
      {
        depth++;
      }
      else if (c == '}' || c == ']')
      {
        depth--;
        if (depth == 0)
        {
          return;
        }
      }
    }
    Fail();
  }

  void JsonCursor::Enter(char bracket)
  {
    SkipSpace();
    if (Peek() != bracket)
    {
      Fail();
      return;
    }
    position_++;
  }

  bool JsonCursor::HasNext(char bracket, bool isFirst)
  {
    if (!isGood_)
    {
      return false;
    }
    SkipSpace();
    if (Peek() == bracket)
    {
      position_++;
      return false;
    }
    if (!isFirst)
    {
      if (Peek() != ',')
      {
        Fail();
        return false;
      }
      position_++;
    }
    return true;
  }

  std::string_view JsonCursor::TakeKey()
  {
    SkipSpace();
    const std::size_t begin = position_;
    SkipText();
    const std::size_t end = position_;
    SkipSpace();
    if (Peek() != ':')
    {
      Fail();
      return {};
    }
    position_++;
    return isGood_ ? text_.substr(begin + 1, end - begin - 2) : std::string_view();
  }
} // namespace OrthancPlugins
