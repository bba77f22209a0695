// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "JsonList.h"

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* INDENTATION = "   ";
    constexpr std::size_t PIECE_BYTES = 1 << 20;

    // No text in JSON has a line break in it
    void AppendIndented(std::string& target, const std::string& item)
    {
      for (const char c : item)
      {
        target += c;
        if (c == '\n')
        {
          target += INDENTATION;
        }
      }
    }
  } // namespace

  void JsonList::Add(const std::string& item)
  {
    text_ += isEmpty_ ? "[\n" : ",\n";
    text_ += INDENTATION;
    AppendIndented(text_, item);
    isEmpty_ = false;
    if (text_.size() >= PIECE_BYTES && answer_.CanStream())
    {
      SendPiece();
    }
  }

  void JsonList::Send()
  {
    text_ += isEmpty_ ? "[]" : "\n]";
    if (stream_ == nullptr)
    {
      answer_.SendJson(text_);
      return;
    }
    SendPiece();
    answer_.EndStream();
  }

  void JsonList::SendPiece()
  {
    if (stream_ == nullptr)
    {
      stream_ =
        &answer_.BeginStream("application/json; charset=utf-8", std::nullopt, StreamFraming::Plain);
    }
    stream_->Write(text_.data(), text_.size());
    text_.clear();
  }
} // namespace OrthancPlugins
