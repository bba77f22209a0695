// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "AnswerSinks.h"

#include "../Core/Failure.h"

namespace OrthancPlugins
{
  DeferredSink::DeferredSink(IHttpAnswer& answer, const StreamHead& head)
    : answer_(answer),
      head_(head)
  {
  }

  void DeferredSink::Write(const void* data, std::size_t sizeBytes)
  {
    if (stream_ == nullptr && sizeBytes <= HELD_BYTES - held_.size())
    {
      held_.append(static_cast<const char*>(data), sizeBytes);
      return;
    }
    Begin();
    stream_->Write(data, sizeBytes);
  }

  void DeferredSink::Begin()
  {
    if (stream_ != nullptr)
    {
      return;
    }
    answer_.SetHeader("Content-Disposition", head_.contentDisposition);
    stream_ = &answer_.BeginStream(head_.mime, head_.lengthBytes, head_.framing);
    if (!held_.empty())
    {
      stream_->Write(held_.data(), held_.size());
      std::string().swap(held_);
    }
  }

  LimitingSink::LimitingSink(IByteSink& target,
                             std::optional<std::uint64_t> limitBytes,
                             const std::string& message)
    : target_(target),
      limitBytes_(limitBytes),
      message_(message)
  {
  }

  void LimitingSink::Write(const void* data, std::size_t sizeBytes)
  {
    if (limitBytes_.has_value() && sizeBytes > *limitBytes_ - writtenBytes_)
    {
      throw Failure(FailureKind::TooLarge, message_);
    }
    target_.Write(data, sizeBytes);
    writtenBytes_ += sizeBytes;
  }
} // namespace OrthancPlugins
