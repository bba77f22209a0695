// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "CapturedImage.h"

#include "../Failure.h"

#include <png.h>

#include <csetjmp>
#include <cstring>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    // Texts and profiles of an image are not needed; this is enough to skip them
    constexpr std::size_t MAX_CHUNK_BYTES = 8u << 20;

    /**
     * libpng reports errors by longjmp(3), which must not pass a destructor: between setjmp() and the
     * end of Begin() and Finish() there are calls of libpng and numbers only.
     **/
    class PngDecoder
    {
    public:
      explicit PngDecoder(std::string_view content)
        : content_(content)
      {
        png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &OnError, &OnWarning);
        info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
        if (info_ == nullptr)
        {
          png_destroy_read_struct(&png_, nullptr, nullptr);
          throw Failure(FailureKind::Internal, "Cannot initialize the decoder of PNG");
        }
      }

      ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }
      PngDecoder(const PngDecoder&) = delete;
      PngDecoder& operator=(const PngDecoder&) = delete;

      CapturedImage Decode()
      {
        if (!Begin())
        {
          ThrowBadPng();
        }
        CapturedImage image;
        image.rows = png_get_image_height(png_, info_);
        image.columns = png_get_image_width(png_, info_);
        image.bitsAllocated = png_get_bit_depth(png_, info_);
        const unsigned channels = png_get_channels(png_, info_);
        const bool hasAlpha = (png_get_color_type(png_, info_) & PNG_COLOR_MASK_ALPHA) != 0;
        image.samplesPerPixel = channels - (hasAlpha ? 1 : 0);
        image.photometricInterpretation = image.samplesPerPixel == 3 ? "RGB" : "MONOCHROME2";
        MeasureImage(image);

        const std::size_t rowBytes = png_get_rowbytes(png_, info_);
        image.bytes.resize(rowBytes * image.rows);
        rows_.resize(image.rows);
        for (std::size_t i = 0; i < rows_.size(); i++)
        {
          rows_[i] = reinterpret_cast<png_bytep>(image.bytes.data()) + i * rowBytes;
        }
        if (!Finish())
        {
          ThrowBadPng();
        }
        if (hasAlpha)
        {
          RemoveAlpha(image.bytes, channels, image.bitsAllocated);
        }
        return image;
      }

    private:
      [[noreturn]] static void ThrowBadPng()
      {
        throw Failure(FailureKind::BadFormat, "This is no complete PNG image");
      }

      bool Begin()
      {
        if (setjmp(png_jmpbuf(png_)) != 0)
        {
          return false;
        }
        png_set_user_limits(png_, MAX_IMAGE_SIDE, MAX_IMAGE_SIDE);
        png_set_chunk_malloc_max(png_, MAX_CHUNK_BYTES);
        png_set_read_fn(png_, this, &OnRead);
        png_read_info(png_, info_);
        png_set_expand(png_);
        png_set_swap(png_);
        png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        return true;
      }

      bool Finish()
      {
        if (setjmp(png_jmpbuf(png_)) != 0)
        {
          return false;
        }
        png_read_image(png_, rows_.data());
        png_read_end(png_, nullptr);
        return true;
      }

      static void OnRead(png_structp png, png_bytep target, std::size_t sizeBytes)
      {
        PngDecoder& that = *static_cast<PngDecoder*>(png_get_io_ptr(png));
        if (sizeBytes > that.content_.size() - that.offset_)
        {
          png_error(png, "end");
        }
        std::memcpy(target, that.content_.data() + that.offset_, sizeBytes);
        that.offset_ += sizeBytes;
      }

      // The default ones print
      [[noreturn]] static void OnError(png_structp png, png_const_charp) { png_longjmp(png, 1); }
      static void OnWarning(png_structp, png_const_charp) {}

      const std::string_view content_;
      std::size_t offset_ = 0;
      png_structp png_ = nullptr;
      png_infop info_ = nullptr;
      std::vector<png_bytep> rows_;
    };

    // One sample of 8 or 16 bits on white
    template <unsigned BYTES>
    void RemoveAlphaOf(std::string& pixels, unsigned channels)
    {
      constexpr std::uint32_t WHITE = BYTES == 1 ? 0xFF : 0xFFFF;
      unsigned char* const data = reinterpret_cast<unsigned char*>(pixels.data());
      const auto read = [&](std::size_t index) -> std::uint32_t
      {
        const std::size_t at = index * BYTES;
        return BYTES == 1 ? data[at] : data[at] | static_cast<std::uint32_t>(data[at + 1]) << 8;
      };
      const std::size_t count = pixels.size() / BYTES / channels;
      std::size_t target = 0;
      for (std::size_t pixel = 0; pixel < count; pixel++)
      {
        const std::uint64_t alpha = read(pixel * channels + channels - 1);
        for (unsigned channel = 0; channel + 1 < channels; channel++)
        {
          const std::uint64_t value = read(pixel * channels + channel);
          const std::uint64_t mixed = (value * alpha + WHITE * (WHITE - alpha) + WHITE / 2) / WHITE;
          for (unsigned i = 0; i < BYTES; i++)
          {
            data[target++] = static_cast<unsigned char>(mixed >> (8 * i) & 0xFF);
          }
        }
      }
      pixels.resize(target);
    }
  } // namespace

  void MeasureImage(CapturedImage& image)
  {
    image.uncompressedBytes = static_cast<std::uint64_t>(image.rows) * image.columns *
                              image.samplesPerPixel * ((image.bitsAllocated + 7) / 8);
    if (image.rows > MAX_IMAGE_SIDE || image.columns > MAX_IMAGE_SIDE ||
        image.uncompressedBytes > MAX_IMAGE_BYTES)
    {
      throw Failure(FailureKind::TooLarge, "The image is too large for a Secondary Capture");
    }
  }

  void RemoveAlpha(std::string& pixels, unsigned channels, unsigned bitsAllocated)
  {
    if (bitsAllocated == 16)
    {
      RemoveAlphaOf<2>(pixels, channels);
    }
    else
    {
      RemoveAlphaOf<1>(pixels, channels);
    }
  }

  bool LooksLikePng(std::string_view content)
  {
    return content.substr(0, 8) == "\x89PNG\r\n\x1a\n";
  }

  CapturedImage DecodePng(std::string_view content)
  {
    return PngDecoder(content).Decode();
  }
} // namespace OrthancPlugins
