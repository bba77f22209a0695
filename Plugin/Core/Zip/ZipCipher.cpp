// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ZipCipher.h"

#include "../Failure.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t SALT_BYTES = 16;
    constexpr std::size_t VERIFIER_BYTES = 2;
    constexpr std::size_t KEY_BYTES = 32;
    constexpr std::size_t AES_BLOCK_BYTES = 16;
    constexpr std::size_t SHA1_BYTES = 20;
    constexpr int ITERATIONS = 1000;

    // So many bytes of key stream are made at once: they stay in the first cache together with the
    // bytes that they hide
    constexpr std::size_t BATCH_BYTES = 8 * 1024;

    static_assert(SALT_BYTES + VERIFIER_BYTES == ZIP_CIPHER_HEADER_BYTES);

    void Check(bool isSuccess)
    {
      if (!isSuccess)
      {
        throw Failure(FailureKind::Internal, "Cannot encrypt an entry of the ZIP archive");
      }
    }

    struct OpensslDeleter
    {
      void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
      void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
      void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    };

    // Memory that is overwritten before it is given back
    template <std::size_t SIZE>
    class SecretBytes
    {
    public:
      SecretBytes() = default;
      ~SecretBytes() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }
      SecretBytes(const SecretBytes&) = delete;
      SecretBytes& operator=(const SecretBytes&) = delete;

      unsigned char* GetData() { return bytes_.data(); }

    private:
      std::array<unsigned char, SIZE> bytes_ = {};
    };

    class SecretText
    {
    public:
      explicit SecretText(const std::string& text)
        : sizeBytes_(text.size()),
          bytes_(new char[text.size()])
      {
        std::memcpy(bytes_.get(), text.data(), sizeBytes_);
      }
      ~SecretText() { OPENSSL_cleanse(bytes_.get(), sizeBytes_); }
      SecretText(const SecretText&) = delete;
      SecretText& operator=(const SecretText&) = delete;

      const char* GetData() const { return bytes_.get(); }
      int GetSize() const { return static_cast<int>(sizeBytes_); }

    private:
      std::size_t sizeBytes_;
      std::unique_ptr<char[]> bytes_;
    };

    // By words: the compiler makes vector instructions of it
    void Xor(const unsigned char* input,
             const unsigned char* key,
             std::size_t sizeBytes,
             unsigned char* output)
    {
      std::size_t done = 0;
      for (; done + sizeof(std::uint64_t) <= sizeBytes; done += sizeof(std::uint64_t))
      {
        std::uint64_t word = 0;
        std::uint64_t mask = 0;
        std::memcpy(&word, input + done, sizeof(word));
        std::memcpy(&mask, key + done, sizeof(mask));
        word ^= mask;
        std::memcpy(output + done, &word, sizeof(word));
      }
      for (; done < sizeBytes; done++)
      {
        output[done] = static_cast<unsigned char>(input[done] ^ key[done]);
      }
    }

    // The key stream: encrypted block numbers, little endian, from 1
    class KeyStream
    {
    public:
      void Begin(const unsigned char* key)
      {
        Check(cipher_ != nullptr &&
              EVP_EncryptInit_ex(cipher_.get(), EVP_aes_256_ecb(), nullptr, key, nullptr) == 1);
        Check(EVP_CIPHER_CTX_set_padding(cipher_.get(), 0) == 1);
        lastBlock_ = 0;
        available_ = 0;
        position_ = 0;
      }

      // Input and output may be the same
      void Apply(const unsigned char* input, std::size_t sizeBytes, unsigned char* output)
      {
        if (position_ == available_)
        {
          Refill(sizeBytes);
        }
        Xor(input, stream_.GetData() + position_, sizeBytes, output);
        position_ += sizeBytes;
      }

      // So many bytes Apply() can take
      std::size_t GetRoom() const
      {
        return position_ == available_ ? BATCH_BYTES : available_ - position_;
      }

      // Forgets the key
      void End() { EVP_CIPHER_CTX_reset(cipher_.get()); }

    private:
      void Refill(std::size_t neededBytes)
      {
        const std::size_t blocks = (neededBytes + AES_BLOCK_BYTES - 1) / AES_BLOCK_BYTES;
        for (std::size_t i = 0; i < blocks; i++)
        {
          PutBlockNumber(counters_.data() + i * AES_BLOCK_BYTES, ++lastBlock_);
        }
        int made = 0;
        available_ = blocks * AES_BLOCK_BYTES;
        Check(EVP_EncryptUpdate(cipher_.get(), stream_.GetData(), &made, counters_.data(),
                                static_cast<int>(available_)) == 1 &&
              static_cast<std::size_t>(made) == available_);
        position_ = 0;
      }

      // The upper eight bytes stay 0: no entry has 2^64 blocks
      static void PutBlockNumber(unsigned char* target, std::uint64_t number)
      {
        for (unsigned i = 0; i < sizeof(number); i++)
        {
          target[i] = static_cast<unsigned char>((number >> (8 * i)) & 0xFF);
        }
      }

      std::unique_ptr<EVP_CIPHER_CTX, OpensslDeleter> cipher_{EVP_CIPHER_CTX_new()};
      std::array<unsigned char, BATCH_BYTES> counters_ = {};
      SecretBytes<BATCH_BYTES> stream_;
      std::uint64_t lastBlock_ = 0;
      std::size_t available_ = 0;
      std::size_t position_ = 0;
    };

    // HMAC-SHA1
    class Authenticator
    {
    public:
      Authenticator()
      {
        const std::unique_ptr<EVP_MAC, OpensslDeleter> mac(
          EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr));
        Check(mac != nullptr);
        context_.reset(EVP_MAC_CTX_new(mac.get()));
        Check(context_ != nullptr);
        char digest[] = "SHA1";
        const OSSL_PARAM parameters[] = {
          OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
          OSSL_PARAM_construct_end()};
        Check(EVP_MAC_CTX_set_params(context_.get(), parameters) == 1);
      }

      void Begin(const unsigned char* key)
      {
        Check(EVP_MAC_init(context_.get(), key, KEY_BYTES, nullptr) == 1);
      }

      void Update(const unsigned char* data, std::size_t sizeBytes)
      {
        Check(EVP_MAC_update(context_.get(), data, sizeBytes) == 1);
      }

      void End(unsigned char (&code)[SHA1_BYTES])
      {
        std::size_t sizeBytes = 0;
        Check(EVP_MAC_final(context_.get(), code, &sizeBytes, sizeof(code)) == 1 &&
              sizeBytes == sizeof(code));
      }

    private:
      std::unique_ptr<EVP_MAC_CTX, OpensslDeleter> context_;
    };
  } // namespace

  struct ZipCipher::PImpl
  {
    explicit PImpl(const std::string& text)
      : password(text)
    {
    }

    const SecretText password;
    KeyStream keyStream;
    Authenticator authenticator;
    bool isInEntry = false;
  };

  ZipCipher::ZipCipher(const std::string& password)
  {
    if (password.empty())
    {
      throw Failure(FailureKind::BadRequest, "The password of the encryption is empty");
    }
    if (password.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    {
      throw Failure(FailureKind::BadRequest, "The password of the encryption is too long");
    }
    pimpl_ = std::make_unique<PImpl>(password);
  }

  ZipCipher::~ZipCipher() = default;

  void ZipCipher::Begin(unsigned char (&header)[ZIP_CIPHER_HEADER_BYTES])
  {
    Check(!pimpl_->isInEntry);
    // Two entries with one salt would have one key stream
    Check(RAND_bytes(header, SALT_BYTES) == 1);

    // RFC 8018 5.2: key of the cipher, key of the authentication, verification
    SecretBytes<2 * KEY_BYTES + VERIFIER_BYTES> keys;
    Check(PKCS5_PBKDF2_HMAC(pimpl_->password.GetData(), pimpl_->password.GetSize(), header,
                            SALT_BYTES, ITERATIONS, EVP_sha1(), 2 * KEY_BYTES + VERIFIER_BYTES,
                            keys.GetData()) == 1);
    pimpl_->keyStream.Begin(keys.GetData());
    pimpl_->authenticator.Begin(keys.GetData() + KEY_BYTES);
    std::memcpy(header + SALT_BYTES, keys.GetData() + 2 * KEY_BYTES, VERIFIER_BYTES);
    pimpl_->isInEntry = true;
  }

  void ZipCipher::Encrypt(const void* input, std::size_t sizeBytes, unsigned char* output)
  {
    Check(pimpl_->isInEntry);
    const unsigned char* source = static_cast<const unsigned char*>(input);
    while (sizeBytes > 0)
    {
      const std::size_t size = std::min(sizeBytes, pimpl_->keyStream.GetRoom());
      pimpl_->keyStream.Apply(source, size, output);
      pimpl_->authenticator.Update(output, size);
      source += size;
      output += size;
      sizeBytes -= size;
    }
  }

  void ZipCipher::End(unsigned char (&trailer)[ZIP_CIPHER_TRAILER_BYTES])
  {
    Check(pimpl_->isInEntry);
    unsigned char code[SHA1_BYTES];
    pimpl_->authenticator.End(code);
    std::memcpy(trailer, code, ZIP_CIPHER_TRAILER_BYTES);
    pimpl_->keyStream.End();
    pimpl_->isInEntry = false;
  }
} // namespace OrthancPlugins
