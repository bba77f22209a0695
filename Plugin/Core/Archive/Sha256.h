// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace OrthancPlugins
{
  using Sha256Digest = std::array<unsigned char, 32>;

  // SHA-256 (FIPS 180-4), reusable: Begin(), Update()*, End(). Throws Failure(Internal). Not thread-safe
  class Sha256
  {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void Begin();
    void Update(const void* data, std::size_t sizeBytes);
    Sha256Digest End();

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };

  // 64 hexadecimal digits in lower case
  std::string FormatDigest(const Sha256Digest& digest);

  // The reverse; absent if the text is anything else
  std::optional<Sha256Digest> ParseDigest(std::string_view text);
} // namespace OrthancPlugins
