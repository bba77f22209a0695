// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "Sha256.h"

#include "../Failure.h"

#include <openssl/evp.h>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::string_view DIGITS = "0123456789abcdef";

    struct ContextDeleter
    {
      void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };

    void Check(bool isSuccess)
    {
      if (!isSuccess)
      {
        throw Failure(FailureKind::Internal, "Cannot compute a SHA-256 digest");
      }
    }
  } // namespace

  struct Sha256::PImpl
  {
    std::unique_ptr<EVP_MD_CTX, ContextDeleter> context{EVP_MD_CTX_new()};
  };

  Sha256::Sha256()
    : pimpl_(std::make_unique<PImpl>())
  {
    Check(pimpl_->context != nullptr);
  }

  Sha256::~Sha256() = default;

  void Sha256::Begin()
  {
    Check(EVP_DigestInit_ex(pimpl_->context.get(), EVP_sha256(), nullptr) == 1);
  }

  void Sha256::Update(const void* data, std::size_t sizeBytes)
  {
    Check(EVP_DigestUpdate(pimpl_->context.get(), data, sizeBytes) == 1);
  }

  Sha256Digest Sha256::End()
  {
    Sha256Digest digest;
    unsigned sizeBytes = 0;
    Check(EVP_DigestFinal_ex(pimpl_->context.get(), digest.data(), &sizeBytes) == 1 &&
          sizeBytes == digest.size());
    return digest;
  }

  std::string FormatDigest(const Sha256Digest& digest)
  {
    std::string text;
    text.reserve(digest.size() * 2);
    for (const unsigned char byte : digest)
    {
      text.push_back(DIGITS[byte >> 4]);
      text.push_back(DIGITS[byte & 15]);
    }
    return text;
  }

  std::optional<Sha256Digest> ParseDigest(std::string_view text)
  {
    Sha256Digest digest;
    if (text.size() != digest.size() * 2)
    {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < digest.size(); i++)
    {
      const std::size_t high = DIGITS.find(text[2 * i]);
      const std::size_t low = DIGITS.find(text[2 * i + 1]);
      if (high == std::string_view::npos || low == std::string_view::npos)
      {
        return std::nullopt;
      }
      digest[i] = static_cast<unsigned char>(high << 4 | low);
    }
    return digest;
  }
} // namespace OrthancPlugins
