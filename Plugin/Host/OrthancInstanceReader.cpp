// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancInstanceReader.h"

#include "ErrorCodes.h"
#include "HostBuffer.h"

#include "../Core/Dicom/LossyTranscoder.h"
#include "../Core/Failure.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    Failure MakeUnreadable(const std::string& instanceId)
    {
      return Failure(FailureKind::SourceMissing, "Cannot read instance " + instanceId);
    }

    Failure MakeUnavailable(const std::string& instanceId)
    {
      return Failure(FailureKind::Unavailable,
                     "Instance " + instanceId + " cannot be read at the moment");
    }

    // What may pass: the database is busy, the disk or the network behind the storage has trouble
    Failure MakeUnreadable(OrthancPluginErrorCode code, const std::string& instanceId)
    {
      const bool mayPass =
        ToFailureKind(code) == FailureKind::Unavailable || code == OrthancPluginErrorCode_Timeout;
      return mayPass ? MakeUnavailable(instanceId) : MakeUnreadable(instanceId);
    }

    Failure MakeUnreadable(int systemError, const std::string& instanceId)
    {
      switch (systemError)
      {
      case EIO:
      case ESTALE:
      case ETIMEDOUT:
      case ENETDOWN:
      case ENETUNREACH:
      case EHOSTDOWN:
      case EHOSTUNREACH:
      case ENOTCONN:
        return MakeUnavailable(instanceId);
      default:
        return MakeUnreadable(instanceId);
      }
    }

    // Also true if the sum would overflow
    bool IsOutside(std::uint64_t offset, std::size_t size, std::uint64_t total)
    {
      return offset > total || size > total - offset;
    }

    class Descriptor
    {
    public:
      explicit Descriptor(int descriptor)
        : descriptor_(descriptor)
      {
      }
      ~Descriptor()
      {
        if (descriptor_ >= 0)
        {
          close(descriptor_);
        }
      }
      Descriptor(Descriptor&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1))
      {
      }
      Descriptor(const Descriptor&) = delete;
      Descriptor& operator=(const Descriptor&) = delete;
      int Get() const { return descriptor_; }

    private:
      int descriptor_;
    };

    // False at the end of the file, where errno becomes 0, and on errors of the disk
    bool ReadAt(int descriptor, void* target, std::size_t size, std::uint64_t offset)
    {
      char* next = static_cast<char*>(target);
      while (size > 0)
      {
        const ssize_t count = pread(descriptor, next, size, static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR)
        {
          continue;
        }
        if (count <= 0)
        {
          errno = count == 0 ? 0 : errno;
          return false;
        }
        next += count;
        size -= static_cast<std::size_t>(count);
        offset += static_cast<std::uint64_t>(count);
      }
      return true;
    }

    // Read, not mapped: a file that is truncated meanwhile must not raise SIGBUS. A file that the host
    // removes meanwhile stays readable
    class FileInstanceData final : public IInstanceData
    {
    public:
      FileInstanceData(Descriptor descriptor, std::uint64_t sizeBytes, std::string instanceId)
        : descriptor_(std::move(descriptor)),
          sizeBytes_(sizeBytes),
          instanceId_(std::move(instanceId))
      {
      }

      std::uint64_t GetSizeBytes() const override { return sizeBytes_; }
      std::uint64_t GetMemoryBytes() const override { return 0; }

      const void* Read(std::uint64_t offset,
                       std::size_t size,
                       std::vector<unsigned char>& scratch) const override
      {
        if (IsOutside(offset, size, sizeBytes_))
        {
          throw MakeUnreadable(instanceId_);
        }
        scratch.resize(size);
        if (!ReadAt(descriptor_.Get(), scratch.data(), size, offset))
        {
          throw MakeUnreadable(errno, instanceId_);
        }
        return scratch.data();
      }

    private:
      Descriptor descriptor_;
      std::uint64_t sizeBytes_;
      std::string instanceId_;
    };

    // "Owner" keeps the bytes alive
    template <typename Owner>
    class MemoryInstanceData final : public IInstanceData
    {
    public:
      MemoryInstanceData(Owner owner, const unsigned char* data, std::size_t size, std::string id)
        : owner_(std::move(owner)),
          data_(data),
          size_(size),
          instanceId_(std::move(id))
      {
      }

      std::uint64_t GetSizeBytes() const override { return size_; }
      std::uint64_t GetMemoryBytes() const override { return size_; }

      const void*
      Read(std::uint64_t offset, std::size_t size, std::vector<unsigned char>&) const override
      {
        if (IsOutside(offset, size, size_))
        {
          throw MakeUnreadable(instanceId_);
        }
        return data_ + offset;
      }

    private:
      Owner owner_;
      const unsigned char* data_;
      std::size_t size_;
      std::string instanceId_;
    };

    std::unique_ptr<IInstanceData> MakeData(std::unique_ptr<HostBuffer> buffer,
                                            const std::string& instanceId)
    {
      const unsigned char* const data = buffer->GetData();
      const std::size_t size = buffer->GetSize();
      return std::make_unique<MemoryInstanceData<std::unique_ptr<HostBuffer>>>(
        std::move(buffer), data, size, instanceId);
    }

    std::unique_ptr<IInstanceData> MakeData(std::vector<unsigned char> bytes,
                                            const std::string& instanceId)
    {
      // Moving a vector does not move its elements
      const unsigned char* const data = bytes.data();
      const std::size_t size = bytes.size();
      return std::make_unique<MemoryInstanceData<std::vector<unsigned char>>>(
        std::move(bytes), data, size, instanceId);
    }

    bool IsUuid(const std::string& text)
    {
      if (text.size() != 36)
      {
        return false;
      }
      for (std::size_t i = 0; i < text.size(); i++)
      {
        const char c = text[i];
        const bool isHyphen = i == 8 || i == 13 || i == 18 || i == 23;
        const bool isDigit =
          (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (isHyphen ? c != '-' : !isDigit)
        {
          return false;
        }
      }
      return true;
    }

    // A compressed attachment is a zlib stream behind the length of the file, as 8 bytes. A file that
    // happens to begin with its own length only loses the short cut
    bool LooksCompressed(int descriptor, std::uint64_t sizeBytes)
    {
      unsigned char head[8];
      if (sizeBytes < sizeof(head))
      {
        return false;
      }
      if (!ReadAt(descriptor, head, sizeof(head), 0))
      {
        return true;
      }
      std::uint64_t length = 0;
      for (std::size_t i = sizeof(head); i > 0; i--)
      {
        length = length << 8 | head[i - 1];
      }
      return length == sizeBytes;
    }

    // The lossy JPEG processes of PS3.5 A.4.1, of which the quality is known to be honoured
    bool IsLossyJpeg(const std::string& transferSyntaxUid)
    {
      return transferSyntaxUid == "1.2.840.10008.1.2.4.50" ||
             transferSyntaxUid == "1.2.840.10008.1.2.4.51";
    }
  } // namespace

  OrthancInstanceReader::OrthancInstanceReader(OrthancPluginContext* context,
                                               const Settings& settings,
                                               const HostVersion& version)
    : context_(context),
      version_(version)
  {
    if (settings.archive.readsStorageDirectly && settings.host.hasDirectStorage)
    {
      storageDirectory_ = settings.host.storageDirectory;
    }
  }

  std::unique_ptr<IInstanceData>
  OrthancInstanceReader::OpenInstance(const StoredInstance& instance) const
  {
    if (std::unique_ptr<IInstanceData> data = OpenDirectly(instance))
    {
      return data;
    }
    std::unique_ptr<HostBuffer> buffer = std::make_unique<HostBuffer>(context_);
    const OrthancPluginErrorCode code =
      OrthancPluginGetDicomForInstance(context_, buffer->GetTarget(), instance.id.c_str());
    if (code != OrthancPluginErrorCode_Success)
    {
      throw MakeUnreadable(code, instance.id);
    }
    return MakeData(std::move(buffer), instance.id);
  }

  std::unique_ptr<IInstanceData>
  OrthancInstanceReader::OpenDirectly(const StoredInstance& instance) const
  {
    if (storageDirectory_.empty() || instance.isStorageCompressed || instance.sizeBytes == 0)
    {
      return nullptr;
    }
    const std::string path = MakeAttachmentPath(storageDirectory_, instance.attachmentUuid);
    if (path.empty())
    {
      return nullptr;
    }
    Descriptor descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status;
    if (descriptor.Get() < 0 || fstat(descriptor.Get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        static_cast<std::uint64_t>(status.st_size) != instance.sizeBytes ||
        LooksCompressed(descriptor.Get(), instance.sizeBytes))
    {
      return nullptr;
    }
    static_cast<void>(posix_fadvise(descriptor.Get(), 0, 0, POSIX_FADV_SEQUENTIAL));
    return std::make_unique<FileInstanceData>(std::move(descriptor), instance.sizeBytes,
                                              instance.id);
  }

  std::unique_ptr<IInstanceData>
  OrthancInstanceReader::OpenTranscoded(const StoredInstance& instance,
                                        const TranscodeTarget& target) const
  {
    const std::string& uid = target.transferSyntaxUid;
    if (uid.empty() || uid.find_first_not_of("0123456789.") != std::string::npos)
    {
      throw Failure(FailureKind::OutOfRange, "Not a transfer syntax");
    }
    if (instance.transferSyntaxUid == uid)
    {
      return OpenInstance(instance);
    }

    // "transcode" is known since 1.12.2, "lossy-quality" since 1.12.7
    if (version_.IsAtLeast(1, 12, 7) ||
        (version_.IsAtLeast(1, 12, 2) && !target.lossyQuality.has_value()))
    {
      std::unique_ptr<IInstanceData> transcoded = TranscodeByRoute(instance, target);
      if (transcoded == nullptr)
      {
        // The error does not tell which it was; this throws if the instance cannot be read
        OpenInstance(instance);
      }
      return transcoded;
    }

    std::unique_ptr<IInstanceData> source = OpenInstance(instance);
    if (source->GetSizeBytes() > std::numeric_limits<std::uint32_t>::max())
    {
      return nullptr;
    }
    std::vector<unsigned char> scratch;
    const std::size_t size = static_cast<std::size_t>(source->GetSizeBytes());
    const void* const data = source->Read(0, size, scratch);
    if (ReadTransferSyntax(data, size) == uid)
    {
      return source;
    }
    if (target.lossyQuality.has_value() && IsLossyJpeg(uid))
    {
      std::optional<std::vector<unsigned char>> bytes = TranscodeDicomFile(data, size, target);
      return bytes.has_value() ? MakeData(std::move(*bytes), instance.id) : nullptr;
    }
    return TranscodeByService(instance.id, data, size, target);
  }

  // 1.12.7 answers "unknown resource" and 1.13.0 "not implemented" if it cannot. Both may give new SOP
  // instance UIDs to lossy images, as PS3.3 C.12.4 asks for
  std::unique_ptr<IInstanceData>
  OrthancInstanceReader::TranscodeByRoute(const StoredInstance& instance,
                                          const TranscodeTarget& target) const
  {
    std::string path = "/instances/" + instance.id + "/file?transcode=" + target.transferSyntaxUid;
    if (target.lossyQuality.has_value())
    {
      path += "&lossy-quality=" + std::to_string(*target.lossyQuality);
    }
    std::unique_ptr<HostBuffer> buffer = std::make_unique<HostBuffer>(context_);
    if (OrthancPluginRestApiGet(context_, buffer->GetTarget(), path.c_str()) !=
          OrthancPluginErrorCode_Success ||
        ReadTransferSyntax(buffer->GetData(), buffer->GetSize()) != target.transferSyntaxUid)
    {
      return nullptr;
    }
    return MakeData(std::move(buffer), instance.id);
  }

  std::unique_ptr<IInstanceData>
  OrthancInstanceReader::TranscodeByService(const std::string& instanceId,
                                            const void* data,
                                            std::size_t size,
                                            const TranscodeTarget& target) const
  {
    const HostInstance transcoded =
      OwnInstance(context_, OrthancPluginTranscodeDicomInstance(context_, data,
                                                                static_cast<std::uint32_t>(size),
                                                                target.transferSyntaxUid.c_str()));
    std::unique_ptr<HostBuffer> buffer = std::make_unique<HostBuffer>(context_);
    if (transcoded == nullptr ||
        OrthancPluginSerializeDicomInstance(context_, buffer->GetTarget(), transcoded.get()) !=
          OrthancPluginErrorCode_Success ||
        ReadTransferSyntax(buffer->GetData(), buffer->GetSize()) != target.transferSyntaxUid)
    {
      return nullptr;
    }
    return MakeData(std::move(buffer), instanceId);
  }

  std::string MakeAttachmentPath(const std::string& storageDirectory, const std::string& uuid)
  {
    if (!IsUuid(uuid))
    {
      return {};
    }
    return storageDirectory + "/" + uuid.substr(0, 2) + "/" + uuid.substr(2, 2) + "/" + uuid;
  }

  std::string ReadTransferSyntax(const void* data, std::size_t size)
  {
    // Preamble and prefix, then elements of group 0002 in Explicit VR Little Endian
    constexpr std::size_t PREAMBLE_BYTES = 128;
    const std::string_view file(static_cast<const char*>(data), size);
    if (size < PREAMBLE_BYTES + 4 || file.substr(PREAMBLE_BYTES, 4) != "DICM")
    {
      return {};
    }
    const auto readNumber = [&](std::size_t offset, std::size_t bytes)
    {
      std::uint32_t number = 0;
      for (std::size_t i = bytes; i > 0; i--)
      {
        number = number << 8 | static_cast<unsigned char>(file[offset + i - 1]);
      }
      return number;
    };

    std::size_t offset = PREAMBLE_BYTES + 4;
    while (size - offset >= 12)
    {
      if (readNumber(offset, 2) != 0x0002)
      {
        return {};
      }
      const std::uint32_t element = readNumber(offset + 2, 2);
      // PS3.5 7.1.2: these representations have two reserved bytes and a length of four
      const std::string_view vr = file.substr(offset + 4, 2);
      const bool isLong = vr == "OB" || vr == "OW" || vr == "UN" || vr == "UT" || vr == "SQ";
      const std::uint32_t length = isLong ? readNumber(offset + 8, 4) : readNumber(offset + 6, 2);
      offset += isLong ? 12 : 8;
      if (length > size - offset)
      {
        return {};
      }
      if (element == 0x0010)
      {
        const std::string_view value = file.substr(offset, length);
        const std::size_t last = value.find_last_not_of(std::string_view("\0 ", 2));
        return last == std::string_view::npos ? std::string()
                                              : std::string(value.substr(0, last + 1));
      }
      offset += length;
    }
    return {};
  }
} // namespace OrthancPlugins
