// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#pragma once

#include "ZipCipher.h"
#include "ZipFormat.h"

#include "../IByteSink.h"

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace OrthancPlugins
{
  struct ZipEntry
  {
    std::string_view path;
    ZipMethod method = ZipMethod::Stored;
    std::optional<std::time_t> modifiedUtc;
  };

  struct ZipSizes
  {
    std::uint32_t crc32 = 0; // of the uncompressed bytes
    std::uint64_t compressedBytes = 0;
    std::uint64_t uncompressedBytes = 0;
  };

  /**
   * Writes a ZIP archive as a stream: no seeking, no copy of an entry in memory. Receives bytes that
   * are compressed already.
   *
   * Order of calls: (BeginEntry, Write*, EndEntry | BeginStreamedEntry, Write*, EndStreamedEntry)*, then
   * Finish(). Without Finish(), what reached the sink is no ZIP archive, on purpose: a truncated
   * download must not open. After an exception the writer refuses further use. Not thread-safe.
   **/
  class ZipWriter
  {
  public:
    // The sink must outlive the writer
    explicit ZipWriter(IByteSink& sink);

    // Every entry is encrypted, unless the cipher is null; it must outlive the writer. Sizes that
    // callers give are those before encryption
    ZipWriter(IByteSink& sink, ZipCipher* cipher);

    ZipWriter(const ZipWriter&) = delete;
    ZipWriter& operator=(const ZipWriter&) = delete;

    // An entry whose sizes stand in its local header. Throws Failure(BadRequest) if the path is unsafe
    // (see IsSafeZipPath) or already used
    void BeginEntry(const ZipEntry& entry, const ZipSizes& sizes);

    // Throws Failure(Internal) if the bytes written are not as many as announced
    void EndEntry();

    // An entry whose CRC and sizes follow it in a data descriptor. Only for deflated entries: readers
    // that stream cannot find the end of others. Neither size may become larger than "maxBytes".
    // Throws as BeginEntry()
    void BeginStreamedEntry(const ZipEntry& entry, std::uint64_t maxBytes);

    void EndStreamedEntry(const ZipSizes& sizes);

    void Write(const void* data, std::size_t sizeBytes);

    // An entry that stands in the sink already, written by an earlier writer of the same archive: enters
    // the central directory, nothing is written. Before any other entry, in the order of the archive.
    // Throws as BeginEntry(), and Failure(Internal) if its offset is not the end of the one before
    void AdoptEntry(const ZipRecord& record);

    // What the central directory says of the entry that was ended last, and its CRC even if that is
    // encrypted, hence not written; valid until the next one begins
    const ZipRecord& GetLastEntry() const { return record_; }

    // Writes the central directory. Throws what the sink throws; then the archive is lost
    void Finish();

    // Of the whole archive, those of adopted entries included
    std::uint64_t GetBytesWritten() const { return bytesWritten_; }

    std::uint64_t GetEntriesCount() const { return entriesCount_; }

  private:
    enum class State
    {
      BetweenEntries,
      InEntry,
      InStreamedEntry,
      Finished,
      Failed
    };

    /**
     * The encoded central directory in segments, which never move, and a hash table with open
     * addressing over the paths in it: about 16 bytes an entry besides the records themselves.
     **/
    class Directory
    {
    public:
      Directory();
      bool Contains(std::string_view path) const;
      void Add(const ZipRecord& record);
      const std::vector<std::string>& GetSegments() const { return segments_; }

    private:
      std::size_t FindSlot(std::string_view path) const;
      std::string_view GetPath(std::uint64_t slot) const;
      void Grow();

      std::vector<std::string> segments_;
      std::vector<std::uint64_t> slots_; // 0: free, else 1 + position of a record
      std::size_t used_ = 0;
    };

    void Enter(State expected);
    void CheckPath(std::string_view path) const;
    void Begin(const ZipEntry& entry, State next);
    void SetSizes(const ZipSizes& sizes);
    void End(const ZipSizes& sizes);
    void Encrypt(const unsigned char* data, std::size_t sizeBytes);
    void Emit(const void* data, std::size_t sizeBytes);

    IByteSink& sink_;
    ZipCipher* const cipher_; // may be null
    std::unique_ptr<unsigned char[]> encrypted_;
    State state_ = State::BetweenEntries;
    Directory directory_;
    std::string path_;             // of the current entry
    ZipRecord record_;             // of the current entry
    std::uint64_t dataOffset_ = 0; // where its data begin, behind the header of the encryption
    std::uint64_t bytesWritten_ = 0;
    std::uint64_t entriesCount_ = 0;
    std::string header_;
  };
} // namespace OrthancPlugins
