// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "WebhookSignature.h"

#include "../Failure.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstddef>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t DIGEST_BYTES = 32;
    constexpr std::size_t UUID_BYTES = 16;

    using Digest = std::array<unsigned char, DIGEST_BYTES>;

    void AppendHex(std::string& text, unsigned char byte)
    {
      static const char DIGITS[] = "0123456789abcdef";
      text.push_back(DIGITS[byte >> 4]);
      text.push_back(DIGITS[byte & 15]);
    }

    // Of OpenSSL, which wants to be told about strings in its own way
    const unsigned char* GetBytes(const std::string& text)
    {
      return reinterpret_cast<const unsigned char*>(text.data());
    }

    Digest Hash(const std::string& text)
    {
      Digest digest = {};
      unsigned sizeBytes = 0;
      if (EVP_Digest(text.data(), text.size(), digest.data(), &sizeBytes, EVP_sha256(), nullptr) !=
            1 ||
          sizeBytes != digest.size())
      {
        throw Failure(FailureKind::Internal, "Cannot compute a SHA-256 digest");
      }
      return digest;
    }
  } // namespace

  std::string
  SignWebhook(const std::string& secret, std::int64_t timestampSeconds, const std::string& body)
  {
    const std::string text = std::to_string(timestampSeconds) + "." + body;
    Digest digest = {};
    unsigned sizeBytes = 0;
    if (HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), GetBytes(text),
             text.size(), digest.data(), &sizeBytes) == nullptr ||
        sizeBytes != digest.size())
    {
      throw Failure(FailureKind::Internal, "Cannot sign a notification");
    }
    std::string hex;
    for (const unsigned char byte : digest)
    {
      AppendHex(hex, byte);
    }
    return hex;
  }

  std::string MakeDeliveryId(const std::string& jobId,
                             std::int64_t completedMicroseconds,
                             const std::string& url)
  {
    Digest digest = Hash(jobId + "\n" + std::to_string(completedMicroseconds) + "\n" + url);
    digest[6] = static_cast<unsigned char>((digest[6] & 0x0f) | 0x80); // version 8
    digest[8] = static_cast<unsigned char>((digest[8] & 0x3f) | 0x80); // variant of RFC 9562

    std::string uuid;
    for (std::size_t i = 0; i < UUID_BYTES; i++)
    {
      if (i == 4 || i == 6 || i == 8 || i == 10)
      {
        uuid.push_back('-');
      }
      AppendHex(uuid, digest[i]);
    }
    return uuid;
  }
} // namespace OrthancPlugins
