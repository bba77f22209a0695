// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ZipDecryptor.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace OrthancPlugins
{
  namespace
  {
    void Require(bool condition, const std::string& what)
    {
      if (!condition)
      {
        throw std::runtime_error(what);
      }
    }

    const unsigned char* AsBytes(const std::string& text)
    {
      return reinterpret_cast<const unsigned char*>(text.data());
    }

    std::string DeriveKeys(const std::string& password, const std::string& salt)
    {
      std::string keys(66, '\0');
      Require(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), AsBytes(salt),
                                static_cast<int>(salt.size()), 1000, EVP_sha1(),
                                static_cast<int>(keys.size()),
                                reinterpret_cast<unsigned char*>(&keys[0])) == 1,
              "PBKDF2");
      return keys;
    }

    std::string Authenticate(const std::string& key, const std::string& data)
    {
      unsigned char code[EVP_MAX_MD_SIZE];
      unsigned sizeBytes = 0;
      Require(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), AsBytes(data), data.size(),
                   code, &sizeBytes) != nullptr,
              "HMAC");
      return std::string(reinterpret_cast<const char*>(code), 10);
    }

    std::string EncryptBlock(EVP_CIPHER_CTX* context, const std::string& block)
    {
      unsigned char result[32];
      int size = 0;
      Require(EVP_EncryptUpdate(context, result, &size, AsBytes(block), 16) == 1 && size == 16,
              "AES");
      return std::string(reinterpret_cast<const char*>(result), 16);
    }

    void Increment(std::string& counter)
    {
      for (char& digit : counter)
      {
        digit = static_cast<char>(digit + 1);
        if (digit != 0)
        {
          return;
        }
      }
    }

    std::string ApplyKeyStream(const std::string& key, std::string data)
    {
      EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
      EVP_EncryptInit_ex(context, EVP_aes_256_ecb(), nullptr, AsBytes(key), nullptr);
      std::string counter(16, '\0');
      std::string block;
      for (std::size_t i = 0; i < data.size(); i++)
      {
        if (i % 16 == 0)
        {
          Increment(counter);
          block = EncryptBlock(context, counter);
        }
        data[i] = static_cast<char>(data[i] ^ block[i % 16]);
      }
      EVP_CIPHER_CTX_free(context);
      return data;
    }
  } // namespace

  std::string DecryptZipData(const std::string& data, const std::string& password)
  {
    Require(data.size() >= 28, "too short to be encrypted");
    const std::string keys = DeriveKeys(password, data.substr(0, 16));
    const std::string encrypted = data.substr(18, data.size() - 28);
    Require(keys.substr(64) == data.substr(16, 2), "wrong password");
    Require(Authenticate(keys.substr(32, 32), encrypted) == data.substr(data.size() - 10),
            "wrong authentication code");
    return ApplyKeyStream(keys.substr(0, 32), encrypted);
  }
} // namespace OrthancPlugins
