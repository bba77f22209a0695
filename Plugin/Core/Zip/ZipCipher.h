// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace OrthancPlugins
{
  // What the encryption adds to the data of an entry (WinZip AE-2, AES-256): 16 bytes of salt and 2 to
  // verify the password before them, 10 bytes of authentication code behind
  constexpr std::size_t ZIP_CIPHER_HEADER_BYTES = 18;
  constexpr std::size_t ZIP_CIPHER_TRAILER_BYTES = 10;
  constexpr std::size_t ZIP_CIPHER_EXTRA_BYTES = ZIP_CIPHER_HEADER_BYTES + ZIP_CIPHER_TRAILER_BYTES;

  /**
   * Encrypts the data of one entry after the other, as "AES Encryption Information: Encryption
   * Specification AE-1 and AE-2" (WinZip) says: AES-256 in counter mode (little endian, from 1),
   * HMAC-SHA1-80 over the encrypted bytes, keys by PBKDF2-HMAC-SHA1 with 1,000 iterations from the
   * password and a random salt of each entry.
   *
   * Order of calls: (Begin, Encrypt*, End)*. Not thread-safe. Memory that held the password or a key is
   * overwritten by the destructor. Calls out of order, and what the library cannot do: Failure(Internal).
   **/
  class ZipCipher
  {
  public:
    // The bytes of the password as they are (UTF-8). Throws Failure(BadRequest) if it is empty
    explicit ZipCipher(const std::string& password);
    ~ZipCipher();
    ZipCipher(const ZipCipher&) = delete;
    ZipCipher& operator=(const ZipCipher&) = delete;

    // Starts an entry: fills in salt and password verification
    void Begin(unsigned char (&header)[ZIP_CIPHER_HEADER_BYTES]);

    // May be in place
    void Encrypt(const void* input, std::size_t sizeBytes, unsigned char* output);

    void End(unsigned char (&trailer)[ZIP_CIPHER_TRAILER_BYTES]);

  private:
    struct PImpl;
    std::unique_ptr<PImpl> pimpl_;
  };
} // namespace OrthancPlugins
