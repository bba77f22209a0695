// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace OrthancPlugins
{
  /**
   * Walks once through a JSON text and copies nothing: the host describes thousands of instances in
   * megabytes, of which little is needed. Takes plain values only (strings without escapes, unsigned
   * numbers); what it skips is not validated. Whatever is unexpected makes the cursor bad for good: it
   * then takes nothing any more, and the caller parses the text by JsonCpp instead.
   *
   * The text must outlive the cursor and what it has taken. Not thread-safe.
   **/
  class JsonCursor
  {
  public:
    explicit JsonCursor(std::string_view text)
      : text_(text)
    {
    }

    bool IsGood() const { return isGood_; }

    // Good, and nothing but white space is left
    bool IsAtEnd();

    // Each calls the visitor before each value, which the visitor must take
    template <typename Visitor>
    void ForEachElement(Visitor&& visitor)
    {
      Enter('[');
      for (bool isFirst = true; HasNext(']', isFirst); isFirst = false)
      {
        visitor();
      }
    }

    // The key is as it is written, without its quotes
    template <typename Visitor>
    void ForEachMember(Visitor&& visitor)
    {
      Enter('{');
      for (bool isFirst = true; HasNext('}', isFirst); isFirst = false)
      {
        const std::string_view key = TakeKey();
        if (isGood_)
        {
          visitor(key);
        }
      }
    }

    // Empty or 0 if the cursor is, or becomes, bad
    std::string_view TakeText();
    std::uint64_t TakeUnsigned();

    // Any value, as it is written
    std::string_view TakeRaw();

  private:
    char Peek() const { return position_ < text_.size() ? text_[position_] : '\0'; }
    void SkipSpace();
    void SkipText();
    void SkipNested();
    void Enter(char bracket);
    bool HasNext(char bracket, bool isFirst);
    std::string_view TakeKey();
    void Fail() { isGood_ = false; }

    std::string_view text_;
    std::size_t position_ = 0;
    bool isGood_ = true;
  };
} // namespace OrthancPlugins
