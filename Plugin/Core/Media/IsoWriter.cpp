// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "IsoWriter.h"

#include "../Failure.h"
#include "../Zip/ZipFormat.h"

// Without it the header has no declaration of the library's data source
#define LIBISOFS_WITHOUT_LIBBURN
#include <libisofs/libisofs.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// libisofs.h shows this structure to C only, because of the name of its first member, and asks C++ for a
// copy with the same layout
struct iso_stream
{
  IsoStreamIface* methods;
  int refcount;
  void* data;
};

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t SECTOR_BYTES = 2048;  // ECMA-119 6.1.2
    constexpr std::size_t MAX_VOLUME_ID = 32;   // 8.4.7
    constexpr std::size_t MAX_LEVELS = 8;       // 6.8.2.1, the root is the first
    constexpr std::size_t MAX_NAME_BYTES = 255; // of libisofs
    constexpr std::uint64_t MAX_EXTENT_BYTES = 0xFFFFFFFF - (SECTOR_BYTES - 1);

    // What the library makes ahead of the reader
    constexpr std::size_t QUEUE_SECTORS = 512;

    // Larger blocks of zeros, as in the background of images, become holes of the temporary file
    constexpr std::size_t HOLE_BYTES = 64 * 1024;

    constexpr std::time_t FIRST_SECOND = 315532800; // 1980-01-01, as in our ZIP archives
    constexpr std::time_t LAST_SECOND = 4354819199; // 2107-12-31

    constexpr unsigned STREAM_FILESYSTEM_ID = 0x4F41; // any that the library does not use itself

    [[noreturn]] void ThrowFileFailure(int error, const std::string& action)
    {
      if (error == ENOSPC || error == EDQUOT || error == EFBIG)
      {
        throw Failure(FailureKind::StorageFull, "The disk of the temporary files is full");
      }
      throw Failure(FailureKind::CannotWrite,
                    action + ": " + std::system_category().message(error));
    }

    // Returns what the library returns if that is no error
    int Check(int result)
    {
      if (result < 0)
      {
        if (result == static_cast<int>(ISO_OUT_OF_MEM))
        {
          throw std::bad_alloc();
        }
        throw Failure(FailureKind::Internal,
                      std::string("Cannot make the ISO image: ") + iso_error_to_msg(result));
      }
      return result;
    }

    // A file without a name: it disappears with its descriptor, also after a crash
    class TemporaryFile
    {
    public:
      explicit TemporaryFile(const std::string& directory)
        : descriptor_(Open(directory))
      {
        if (descriptor_ < 0)
        {
          ThrowFileFailure(errno, "Cannot create the temporary file of an ISO image");
        }
      }

      ~TemporaryFile() { ::close(descriptor_); }

      TemporaryFile(const TemporaryFile&) = delete;
      TemporaryFile& operator=(const TemporaryFile&) = delete;

      void Append(const void* data, std::size_t sizeBytes)
      {
        if (sizeBytes >= HOLE_BYTES && IsZero(static_cast<const char*>(data), sizeBytes))
        {
          sizeBytes_ += sizeBytes;
          return;
        }
        const char* next = static_cast<const char*>(data);
        while (sizeBytes > 0)
        {
          const ssize_t count =
            ::pwrite(descriptor_, next, sizeBytes, static_cast<off_t>(sizeBytes_));
          if (count > 0)
          {
            next += count;
            sizeBytes -= static_cast<std::size_t>(count);
            sizeBytes_ += static_cast<std::uint64_t>(count);
          }
          else if (count == 0 || errno != EINTR)
          {
            ThrowFileFailure(count == 0 ? EIO : errno, "Cannot write a temporary file");
          }
        }
      }

      // No more bytes will come: a hole at the end counts
      void Complete()
      {
        if (::ftruncate(descriptor_, static_cast<off_t>(sizeBytes_)) != 0)
        {
          ThrowFileFailure(errno, "Cannot write a temporary file");
        }
      }

      // Whether all of these bytes could be read. Any thread
      bool Read(std::uint64_t offset, void* target, std::size_t sizeBytes) const
      {
        char* next = static_cast<char*>(target);
        while (sizeBytes > 0)
        {
          const ssize_t count = ::pread(descriptor_, next, sizeBytes, static_cast<off_t>(offset));
          if (count > 0)
          {
            next += count;
            sizeBytes -= static_cast<std::size_t>(count);
            offset += static_cast<std::uint64_t>(count);
          }
          else if (count == 0 || errno != EINTR)
          {
            return false;
          }
        }
        return true;
      }

      std::uint64_t GetSizeBytes() const { return sizeBytes_; }

    private:
      // Some network and overlay file systems know no O_TMPFILE
      static int Open(const std::string& directory)
      {
        const int descriptor =
          ::open(directory.c_str(), O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
        if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        {
          return descriptor;
        }
        std::string path = directory + "/.iso-XXXXXX";
        const int named = ::mkostemp(path.data(), O_CLOEXEC);
        if (named >= 0)
        {
          ::unlink(path.c_str());
        }
        return named;
      }

      static bool IsZero(const char* data, std::size_t sizeBytes)
      {
        std::size_t done = 0;
        for (; done + sizeof(std::uint64_t) <= sizeBytes; done += sizeof(std::uint64_t))
        {
          std::uint64_t word = 0;
          std::memcpy(&word, data + done, sizeof(word));
          if (word != 0)
          {
            return false;
          }
        }
        return std::all_of(data + done, data + sizeBytes, [](char byte) { return byte == 0; });
      }

      const int descriptor_;
      std::uint64_t sizeBytes_ = 0;
    };

    // What the threads of the library see of a writer
    struct Content
    {
      explicit Content(const std::string& directory)
        : file(directory)
      {
      }

      TemporaryFile file;
      std::atomic<bool> hasFailed{false};
    };

    struct FileFacts
    {
      std::uint64_t number = 0; // in the order of the calls
      std::uint64_t offset = 0; // in the temporary file
      std::uint64_t sizeBytes = 0;
      std::time_t modifiedUtc = 0;
    };

    // A file of the image as the library reads it; it belongs to its iso_stream
    struct FileStream
    {
      Content& content;
      FileFacts facts;
      std::uint64_t position = 0;
    };

    FileStream& ToFile(IsoStream* stream)
    {
      return *static_cast<FileStream*>(stream->data);
    }

    int OpenStream(IsoStream* stream)
    {
      ToFile(stream).position = 0;
      return ISO_SUCCESS;
    }

    int CloseStream(IsoStream*)
    {
      return ISO_SUCCESS;
    }

    off_t GetStreamSize(IsoStream* stream)
    {
      return static_cast<off_t>(ToFile(stream).facts.sizeBytes);
    }

    int ReadStream(IsoStream* stream, void* buffer, std::size_t sizeBytes)
    {
      FileStream& file = ToFile(stream);
      const std::size_t size = static_cast<std::size_t>(
        std::min<std::uint64_t>(sizeBytes, file.facts.sizeBytes - file.position));
      if (!file.content.file.Read(file.facts.offset + file.position, buffer, size))
      {
        // The library would go on with zeros
        file.content.hasFailed = true;
        return static_cast<int>(ISO_FILE_READ_ERROR);
      }
      file.position += size;
      return static_cast<int>(size);
    }

    int IsStreamRepeatable(IsoStream*)
    {
      return 1;
    }

    // The numbers give the order of the contents in the image
    void GetStreamId(IsoStream* stream, unsigned* filesystem, dev_t* device, ino_t* inode)
    {
      *filesystem = STREAM_FILESYSTEM_ID;
      *device = 0;
      *inode = static_cast<ino_t>(ToFile(stream).facts.number);
    }

    void FreeStream(IsoStream* stream)
    {
      delete static_cast<FileStream*>(stream->data);
    }

    int UpdateStreamSize(IsoStream*)
    {
      return ISO_SUCCESS;
    }

    IsoStreamIface MakeMethods()
    {
      IsoStreamIface methods = {};
      methods.version = 1;
      std::memcpy(methods.type, "user", sizeof(methods.type));
      methods.open = OpenStream;
      methods.close = CloseStream;
      methods.get_size = GetStreamSize;
      methods.read = ReadStream;
      methods.is_repeatable = IsStreamRepeatable;
      methods.get_id = GetStreamId;
      methods.free = FreeStream;
      methods.update_size = UpdateStreamSize;
      return methods;
    }

    struct IsoDeleter
    {
      void operator()(IsoImage* image) const { iso_image_unref(image); }
      void operator()(IsoWriteOpts* options) const { iso_write_opts_free(options); }
      void operator()(IsoStream* stream) const { iso_stream_unref(stream); }
      void operator()(burn_source* source) const
      {
        // Ends the thread of the library and waits for it
        source->free_data(source);
        std::free(source);
      }
    };

    using StreamOwner = std::unique_ptr<IsoStream, IsoDeleter>;

    // The library frees it with free(3), and its data by FreeStream()
    StreamOwner MakeStream(Content& content, const FileFacts& facts)
    {
      static IsoStreamIface methods = MakeMethods();
      std::unique_ptr<FileStream> file(new FileStream{content, facts});
      void* const memory = std::calloc(1, sizeof(IsoStream));
      if (memory == nullptr)
      {
        throw std::bad_alloc();
      }
      IsoStream* const stream = static_cast<IsoStream*>(memory);
      stream->methods = &methods;
      stream->refcount = 1;
      stream->data = file.release();
      return StreamOwner(stream);
    }

    // Once in the process. Nothing of the library goes to the standard error, nothing depends on the
    // locale of the host
    void InitializeLibrary()
    {
      static std::once_flag once;
      std::call_once(once,
                     []
                     {
                       char never[] = "NEVER";
                       char prefix[] = "";
                       char utf8[] = "UTF-8";
                       Check(iso_init());
                       Check(iso_set_msgs_severities(never, never, prefix));
                       Check(iso_set_local_charset(utf8, 0));
                     });
    }

    // The library's own macro is a cast of C
    template <typename Node>
    IsoNode* ToNode(Node* node)
    {
      return reinterpret_cast<IsoNode*>(node);
    }

    bool IsVolumeId(const std::string& id)
    {
      return !id.empty() && id.size() <= MAX_VOLUME_ID &&
             id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
    }

    std::time_t ClampTime(std::time_t time)
    {
      return std::clamp(time, FIRST_SECOND, LAST_SECOND);
    }

    // 8.4.26.1, without the time zone: the only form that the library takes as it is
    std::string MakeVolumeTime(std::time_t time)
    {
      std::tm parts = {};
      char text[32] = "";
      ::gmtime_r(&time, &parts);
      std::strftime(text, sizeof(text), "%Y%m%d%H%M%S00", &parts);
      return text;
    }

    void CheckPath(const std::string& path)
    {
      if (!IsSafeZipPath(path))
      {
        throw Failure(FailureKind::BadRequest, "A file of the ISO image has an unsafe path");
      }
      std::size_t levels = 1;
      for (std::string_view rest = path;; levels++)
      {
        const std::size_t slash = rest.find('/');
        if (rest.substr(0, slash).size() > MAX_NAME_BYTES)
        {
          throw Failure(FailureKind::BadRequest, "A file of the ISO image has too long a name");
        }
        if (slash == std::string_view::npos)
        {
          break;
        }
        rest.remove_prefix(slash + 1);
      }
      if (levels > MAX_LEVELS)
      {
        throw Failure(FailureKind::BadRequest, "A file of the ISO image lies in too many folders");
      }
    }
  } // namespace

  struct IsoWriter::PImpl
  {
    enum class State
    {
      BetweenFiles,
      InFile,
      Writing,
      Finished,
      Failed
    };

    explicit PImpl(const IsoOptions& isoOptions)
      : options(isoOptions),
        content(isoOptions.temporaryDirectory)
    {
    }

    // Until the caller sets the next state, an exception leaves the writer failed
    void Enter(State expected)
    {
      const bool isExpected = state == expected;
      state = State::Failed;
      if (!isExpected)
      {
        throw Failure(FailureKind::Internal,
                      "The ISO writer has failed, or its calls are out of order");
      }
    }

    void AddFolders(const std::string& path)
    {
      for (std::size_t slash = path.find('/'); slash != std::string::npos;
           slash = path.find('/', slash + 1))
      {
        const std::string folder = path.substr(0, slash);
        if (files.count(folder) != 0)
        {
          throw Failure(FailureKind::BadRequest, "A path of the ISO image is file and folder");
        }
        folders.insert(folder);
      }
    }

    void SetTimes(IsoNode* node, std::time_t time) const
    {
      iso_node_set_mtime(node, time);
      iso_node_set_atime(node, time);
      iso_node_set_ctime(node, time);
    }

    // The folder of a path, made where it is missing
    IsoDir* GetFolder(std::map<std::string, IsoDir*>& made, const std::string& path)
    {
      const std::size_t slash = path.rfind('/');
      const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
      const std::map<std::string, IsoDir*>::const_iterator found = made.find(folder);
      if (found != made.end())
      {
        return found->second;
      }
      IsoDir* const parent = GetFolder(made, folder);
      IsoDir* directory = nullptr;
      Check(iso_tree_add_new_dir(parent, folder.c_str() + folder.rfind('/') + 1, &directory));
      SetTimes(ToNode(directory), ClampTime(options.createdUtc));
      made.emplace(folder, directory);
      return directory;
    }

    // Backwards: the library keeps a sorted list of each folder, and finds a place at its beginning at
    // once
    void MakeTree()
    {
      IsoImage* made = nullptr;
      Check(iso_image_new(options.volumeId.c_str(), &made));
      image.reset(made);
      IsoDir* const root = iso_image_get_root(image.get());
      SetTimes(ToNode(root), ClampTime(options.createdUtc));
      std::map<std::string, IsoDir*> directories = {{"", root}};
      for (auto file = files.rbegin(); file != files.rend(); ++file)
      {
        IsoDir* const parent = GetFolder(directories, file->first);
        StreamOwner stream = MakeStream(content, file->second);
        IsoFile* node = nullptr;
        const std::size_t name = file->first.rfind('/') + 1; // 0 in the root
        Check(iso_tree_add_new_file(parent, file->first.c_str() + name, stream.get(), &node));
        static_cast<void>(stream.release()); // it belongs to the node
        SetTimes(ToNode(node), file->second.modifiedUtc);
      }
    }

    void Start()
    {
      content.file.Complete();
      MakeTree();
      IsoWriteOpts* made = nullptr;
      Check(iso_write_opts_new(&made, 0));
      const std::unique_ptr<IsoWriteOpts, IsoDeleter> write(made);
      std::string volumeTime = MakeVolumeTime(ClampTime(options.createdUtc));
      // Level 3 has the same form of names as ours, and files in several extents
      Check(iso_write_opts_set_iso_level(write.get(), hasLargeFile ? 3 : 1));
      Check(iso_write_opts_set_joliet(write.get(), 1));
      Check(iso_write_opts_set_joliet_longer_paths(write.get(), 1));
      Check(iso_write_opts_set_no_force_dots(write.get(), 2)); // Joliet only
      Check(iso_write_opts_set_dir_rec_mtime(write.get(), 3));
      Check(iso_write_opts_set_always_gmt(write.get(), 1));
      Check(iso_write_opts_set_pvd_times(write.get(), 0, 0, 0, 0, volumeTime.data()));
      Check(iso_write_opts_set_fifo_size(write.get(), QUEUE_SECTORS));
      burn_source* started = nullptr;
      Check(iso_image_create_burn_source(image.get(), write.get(), &started));
      source.reset(started);
      bytesLeft = static_cast<std::uint64_t>(source->get_size(source.get()));
    }

    void ReadImage(std::size_t sizeBytes)
    {
      buffer.resize(sizeBytes);
      const int wanted = static_cast<int>(sizeBytes);
      const int count = source->read == nullptr
                          ? source->read_xt(source.get(), buffer.data(), wanted)
                          : source->read(source.get(), buffer.data(), wanted);
      if (content.hasFailed)
      {
        throw Failure(FailureKind::CannotWrite, "Cannot read a temporary file");
      }
      if (count != wanted)
      {
        throw Failure(FailureKind::Internal, "The ISO image is shorter than announced");
      }
    }

    const IsoOptions options;
    Content content;
    State state = State::BetweenFiles;
    std::map<std::string, FileFacts> files;
    std::set<std::string> folders;
    bool hasLargeFile = false;
    FileFacts current;
    std::string currentPath;
    std::unique_ptr<IsoImage, IsoDeleter> image;     // reads "content"
    std::unique_ptr<burn_source, IsoDeleter> source; // reads "image"
    std::uint64_t bytesLeft = 0;
    std::vector<unsigned char> buffer;
  };

  IsoWriter::IsoWriter(const IsoOptions& options)
  {
    if (!IsVolumeId(options.volumeId))
    {
      throw Failure(FailureKind::BadRequest,
                    "The volume identifier of an ISO image has 1 to 32 characters of A-Z, 0-9, _");
    }
    InitializeLibrary();
    pimpl_ = std::make_unique<PImpl>(options);
  }

  IsoWriter::~IsoWriter() = default;

  void IsoWriter::BeginFile(const std::string& path,
                            std::uint64_t sizeBytes,
                            std::optional<std::time_t> modifiedUtc)
  {
    pimpl_->Enter(PImpl::State::BetweenFiles);
    CheckPath(path);
    if (pimpl_->files.count(path) != 0 || pimpl_->folders.count(path) != 0)
    {
      throw Failure(FailureKind::BadRequest, "Two files of the ISO image have the same path");
    }
    pimpl_->AddFolders(path);
    pimpl_->currentPath = path;
    pimpl_->current.number = pimpl_->files.size() + 1;
    pimpl_->current.offset = pimpl_->content.file.GetSizeBytes();
    pimpl_->current.sizeBytes = sizeBytes;
    pimpl_->current.modifiedUtc = ClampTime(modifiedUtc.value_or(pimpl_->options.createdUtc));
    pimpl_->hasLargeFile |= sizeBytes > MAX_EXTENT_BYTES;
    pimpl_->state = PImpl::State::InFile;
  }

  void IsoWriter::Write(const void* data, std::size_t sizeBytes)
  {
    pimpl_->Enter(PImpl::State::InFile);
    pimpl_->content.file.Append(data, sizeBytes);
    pimpl_->state = PImpl::State::InFile;
  }

  void IsoWriter::EndFile()
  {
    pimpl_->Enter(PImpl::State::InFile);
    const FileFacts& current = pimpl_->current;
    if (pimpl_->content.file.GetSizeBytes() - current.offset != current.sizeBytes)
    {
      throw Failure(FailureKind::Internal, "A file of the ISO image has not the announced size");
    }
    pimpl_->files.emplace(pimpl_->currentPath, current);
    pimpl_->state = PImpl::State::BetweenFiles;
  }

  bool IsoWriter::WriteImage(IByteSink& sink, std::size_t maxBytes)
  {
    if (pimpl_->state == PImpl::State::Finished)
    {
      return false;
    }
    const bool isStarted = pimpl_->source != nullptr;
    pimpl_->Enter(isStarted ? PImpl::State::Writing : PImpl::State::BetweenFiles);
    if (!isStarted)
    {
      pimpl_->Start();
    }
    const std::uint64_t wanted = std::max(maxBytes / SECTOR_BYTES, std::size_t(1)) * SECTOR_BYTES;
    const std::size_t size = static_cast<std::size_t>(std::min(wanted, pimpl_->bytesLeft));
    if (size > 0)
    {
      pimpl_->ReadImage(size);
      sink.Write(pimpl_->buffer.data(), size);
      pimpl_->bytesLeft -= size;
    }
    pimpl_->state = pimpl_->bytesLeft == 0 ? PImpl::State::Finished : PImpl::State::Writing;
    return pimpl_->bytesLeft > 0;
  }
} // namespace OrthancPlugins
