// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "EntryPipeline.h"

#include "CompressionPolicy.h"
#include "CrcMemory.h"

#include "../Zip/Deflater.h"

#include <boost/date_time/posix_time/posix_time_types.hpp>
#include <boost/thread/condition_variable.hpp>
#include <boost/thread/mutex.hpp>
#include <boost/thread/thread.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <new>
#include <utility>
#include <vector>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::size_t STACK_BYTES = std::size_t(4) << 20;

    // Charged for an entry in flight at least: bookkeeping costs memory, too
    constexpr std::uint64_t MIN_CHARGE_BYTES = 4096;

    // A buffer is handed over instead of copied if it is not much larger than its content
    constexpr std::size_t BUFFER_SLACK_BYTES = 64 * 1024;

    bool IsWithin(const void* pointer, const std::vector<unsigned char>& buffer)
    {
      const std::less_equal<const void*> isLessOrEqual;
      return !buffer.empty() && isLessOrEqual(buffer.data(), pointer) &&
             isLessOrEqual(pointer, buffer.data() + buffer.size() - 1);
    }

    // The bytes of a piece and what keeps them alive: one of the three
    struct Payload
    {
      const unsigned char* data = nullptr;
      std::size_t sizeBytes = 0;
      std::unique_ptr<unsigned char[]> deflated;
      std::vector<unsigned char> buffer;
      std::shared_ptr<const IInstanceData> source; // shared by all pieces in its memory
    };

    struct Block
    {
      bool isDone = false;
      Payload payload;
      std::uint32_t crc32 = 0;
      std::size_t inputBytes = 0;
      std::uint64_t chargedBytes = 0;
      std::optional<EntryFailure> failure;
    };

    // One entry in flight. Everything but "index" is guarded by the mutex of the pipeline, apart from
    // the source, which never changes between opening and retirement
    struct Entry
    {
      std::size_t index = 0;
      bool isOpened = false;    // or has failed
      bool isAbandoned = false; // failed while threads still work on its blocks
      EntryFacts facts;
      std::uint64_t chargedBytes = 0;
      std::shared_ptr<const IInstanceData> source; // shared with the threads that read its blocks
      std::uint64_t blocksCount = 1;
      std::uint64_t nextToClaim = 0;
      std::uint64_t nextToDeliver = 0;
      std::deque<std::shared_ptr<Block>> blocks; // claimed and not delivered, in order

      std::size_t GetBlockBytes(std::uint64_t block) const
      {
        if (blocksCount == 1)
        {
          return static_cast<std::size_t>(facts.sizeBytes);
        }
        const std::uint64_t offset = block * EntryPipeline::BLOCK_BYTES;
        return static_cast<std::size_t>(
          std::min<std::uint64_t>(EntryPipeline::BLOCK_BYTES, facts.sizeBytes - offset));
      }
    };

    struct Task
    {
      std::shared_ptr<Entry> entry; // shared with the window until both have finished with it
      std::shared_ptr<Block> block; // null: open the entry
      std::uint64_t blockIndex = 0;
    };

    // What one thread reuses from task to task
    struct Worker
    {
      explicit Worker(const PipelineOptions& options)
      {
        if (options.density != ArchiveDensity::Store)
        {
          deflater = std::make_unique<Deflater>(options.density);
        }
        if (options.hasDigest)
        {
          digest = std::make_unique<Sha256>();
        }
      }

      unsigned char* ReserveOutput(std::size_t sizeBytes)
      {
        if (sizeBytes > outputBytes)
        {
          output.reset();
          outputBytes = 0;
          output.reset(new unsigned char[sizeBytes]);
          outputBytes = sizeBytes;
        }
        return output.get();
      }

      std::unique_ptr<Deflater> deflater;
      std::unique_ptr<Sha256> digest;
      std::vector<unsigned char> input;
      std::unique_ptr<unsigned char[]> output;
      std::size_t outputBytes = 0;
    };

    // Runs a task; what goes wrong becomes a value
    template <typename Function>
    std::optional<EntryFailure> Catch(const Function& function)
    {
      try
      {
        function();
        return std::nullopt;
      }
      catch (const Failure& failure)
      {
        return EntryFailure{failure.GetKind(), failure.what()};
      }
      catch (const std::bad_alloc&)
      {
        return EntryFailure{FailureKind::Internal, "Not enough memory"};
      }
      catch (...)
      {
        return EntryFailure{FailureKind::Internal, "Unexpected exception while reading instances"};
      }
    }
  } // namespace

  struct EntryPipeline::PImpl
  {
    PImpl(const ArchivePlan& planArgument,
          const PipelineOptions& optionsArgument,
          IDicomStore& storeArgument)
      : plan(planArgument),
        options(optionsArgument),
        store(storeArgument),
        endEntry(std::min(options.endEntry, plan.entries.size())),
        nextToOpen(options.firstEntry)
    {
    }

    ~PImpl()
    {
      Stop();
      for (boost::thread& thread : threads)
      {
        thread.join();
      }
    }

    void Start();
    void Stop();
    void RunThread();
    void RunTask(Worker& worker, Task& task);

    // By the threads, without the lock
    void Open(Worker& worker, const std::shared_ptr<Entry>& entry);
    void FindCrc(Worker& worker,
                 const PlannedEntry& planned,
                 const IInstanceData& source,
                 EntryFacts& facts);
    void ReadAhead(Worker& worker, const IInstanceData& source, EntryFacts& facts);
    void MakeWhole(Worker& worker,
                   const std::shared_ptr<Entry>& entry,
                   std::shared_ptr<const IInstanceData> source,
                   EntryFacts facts);
    void MakePayload(Worker& worker,
                     const std::shared_ptr<const IInstanceData>& source,
                     std::uint64_t offset,
                     ZipMethod method,
                     DeflateEnd end,
                     Block& block);
    void TakeRecycledBuffer(std::vector<unsigned char>& buffer);

    // By the receiver, without the lock
    void Retire();

    // With the lock
    bool PickTask(Task& task);
    std::uint64_t EstimateCharge(const PlannedEntry& planned) const;
    void SetCharge(Entry& entry, std::uint64_t chargedBytes);
    void PublishFailure(Entry& entry, const EntryFailure& failure);
    bool IsNextReady() const;
    void Deliver();
    void Recycle(Payload& payload);
    void CountReady(std::uint64_t readyBytes);
    void NotifyReceiver();

    const ArchivePlan& plan;
    const PipelineOptions options;
    IDicomStore& store;
    const std::size_t endEntry;
    std::atomic<bool> isStopping{false}; // also read without the lock, by long tasks

    boost::mutex mutex; // guards all that follows, but the current piece
    boost::condition_variable hasWork;
    boost::condition_variable hasPiece;
    std::size_t nextToOpen;
    std::deque<std::shared_ptr<Entry>> window;               // in flight, in order
    std::map<std::size_t, std::shared_ptr<Entry>> unclaimed; // opened, with blocks not yet claimed
    std::uint64_t entriesBytes = 0;                          // charged for entries
    std::uint64_t blocksBytes = 0;                           // charged for blocks of large entries
    std::uint64_t awaitedBytes = 0; // to become ready before the receiver is woken
    bool isMemoryBacked = true;     // as the last instance that was opened
    std::vector<std::vector<unsigned char>> recycled;
    std::uint64_t recycledBytes = 0;
    std::optional<EntryFailure> broken; // a thread could not work at all

    // By the receiver only
    EntryPiece piece;
    std::shared_ptr<Block> current; // whose bytes the piece shows

    std::vector<boost::thread> threads;
  };

  // The host's message may lack the identifier
  void ThrowIfFailed(const EntryPiece& piece, const std::string& instanceId)
  {
    if (piece.failure.has_value())
    {
      const std::string& message = piece.failure->message;
      throw Failure(piece.failure->kind, message.find(instanceId) != std::string::npos
                                           ? message
                                           : "Instance " + instanceId + ": " + message);
    }
  }

  ZipMethod EntryPipeline::GetMethod(const PlannedEntry& entry, ArchiveDensity density)
  {
    return density == ArchiveDensity::Store || entry.isStored || entry.instance.sizeBytes == 0
             ? ZipMethod::Stored
             : ZipMethod::Deflated;
  }

  std::uint64_t EntryPipeline::GetDeflateBound(std::uint64_t sizeBytes)
  {
    const std::uint64_t blocks = sizeBytes / BLOCK_BYTES + 1;
    return sizeBytes + blocks * (Deflater::GetBound(BLOCK_BYTES) - BLOCK_BYTES);
  }

  void EntryPipeline::PImpl::Start()
  {
    boost::thread::attributes attributes;
    attributes.set_stack_size(STACK_BYTES);
    const unsigned count = std::max(1u, options.threads);
    threads.reserve(count);
    for (unsigned i = 0; i < count; i++)
    {
      try
      {
        threads.emplace_back(attributes, [this] { RunThread(); });
      }
      catch (const boost::thread_resource_error&)
      {
        if (threads.empty())
        {
          throw Failure(FailureKind::Unavailable, "No thread can be started to read the instances");
        }
        return; // fewer threads are slower, not wrong
      }
    }
  }

  void EntryPipeline::PImpl::Stop()
  {
    {
      const boost::unique_lock<boost::mutex> lock(mutex);
      isStopping = true;
    }
    hasWork.notify_all();
  }

  void EntryPipeline::PImpl::RunThread()
  {
    const std::optional<EntryFailure> failure = Catch(
      [this]
      {
        Worker worker(options);
        for (;;)
        {
          Task task;
          {
            boost::unique_lock<boost::mutex> lock(mutex);
            while (!isStopping && !PickTask(task))
            {
              NotifyReceiver(); // nothing more may come before it takes what is ready
              hasWork.wait(lock);
            }
            if (isStopping)
            {
              return;
            }
          }
          RunTask(worker, task);
        }
      });
    if (failure.has_value())
    {
      const boost::unique_lock<boost::mutex> lock(mutex);
      broken = failure;
      hasPiece.notify_all();
    }
  }

  // The oldest work first. Whatever the receiver waits for next is allowed whatever the budget says:
  // nothing that it gives back could make room
  bool EntryPipeline::PImpl::PickTask(Task& task)
  {
    if (!unclaimed.empty())
    {
      const std::shared_ptr<Entry> entry = unclaimed.begin()->second;
      const std::size_t sizeBytes = entry->GetBlockBytes(entry->nextToClaim);
      const bool isAwaited = entry == window.front() && entry->blocks.empty();
      if (!isAwaited && blocksBytes + sizeBytes > options.windowBytes)
      {
        return false;
      }
      task.entry = entry;
      task.block = std::make_shared<Block>();
      task.block->chargedBytes = sizeBytes;
      task.blockIndex = entry->nextToClaim;
      entry->blocks.push_back(task.block);
      blocksBytes += sizeBytes;
      entry->nextToClaim++;
      if (entry->nextToClaim == entry->blocksCount)
      {
        unclaimed.erase(unclaimed.begin());
      }
      return true;
    }
    if (nextToOpen >= endEntry)
    {
      return false;
    }
    const std::uint64_t chargedBytes = EstimateCharge(plan.entries[nextToOpen]);
    if (!window.empty() && entriesBytes + blocksBytes + chargedBytes > options.windowBytes)
    {
      return false;
    }
    task.entry = std::make_shared<Entry>();
    task.entry->index = nextToOpen;
    window.push_back(task.entry);
    SetCharge(*task.entry, chargedBytes);
    nextToOpen++;
    return true;
  }

  // Only opening an instance tells whether its bytes are in memory: the last one is the best guess
  std::uint64_t EntryPipeline::PImpl::EstimateCharge(const PlannedEntry& planned) const
  {
    const std::uint64_t sizeBytes = planned.instance.sizeBytes;
    if (!isMemoryBacked && sizeBytes > SINGLE_PIECE_BYTES)
    {
      return BLOCK_BYTES;
    }
    return std::max(sizeBytes, MIN_CHARGE_BYTES);
  }

  void EntryPipeline::PImpl::SetCharge(Entry& entry, std::uint64_t chargedBytes)
  {
    entriesBytes = entriesBytes - entry.chargedBytes + chargedBytes;
    entry.chargedBytes = chargedBytes;
  }

  void EntryPipeline::PImpl::RunTask(Worker& worker, Task& task)
  {
    if (!task.block)
    {
      const std::optional<EntryFailure> failure = Catch([&] { Open(worker, task.entry); });
      if (failure.has_value())
      {
        const boost::unique_lock<boost::mutex> lock(mutex);
        PublishFailure(*task.entry, *failure);
      }
      return;
    }

    Entry& entry = *task.entry;
    const std::size_t sizeBytes = entry.GetBlockBytes(task.blockIndex);
    const bool isLast = task.blockIndex + 1 == entry.blocksCount;
    task.block->inputBytes = sizeBytes;
    const std::optional<EntryFailure> failure = Catch(
      [&]
      {
        MakePayload(worker, entry.source, task.blockIndex * BLOCK_BYTES, entry.facts.method,
                    isLast ? DeflateEnd::Final : DeflateEnd::Continued, *task.block);
      });

    const boost::unique_lock<boost::mutex> lock(mutex);
    task.block->failure = failure;
    task.block->isDone = true;
    if (failure.has_value())
    {
      unclaimed.erase(entry.index); // what follows will not be asked for
    }
    if (entry.isAbandoned)
    {
      blocksBytes -= task.block->chargedBytes;
      hasWork.notify_all();
    }
    else
    {
      const std::uint64_t readyBytes = task.block->payload.sizeBytes;
      task.block.reset(); // the receiver's is the last reference: it decides when the bytes go
      CountReady(readyBytes);
    }
  }

  void EntryPipeline::PImpl::CountReady(std::uint64_t readyBytes)
  {
    awaitedBytes -= std::min(awaitedBytes, std::max(readyBytes, MIN_CHARGE_BYTES));
    if (awaitedBytes == 0)
    {
      NotifyReceiver();
    }
  }

  void EntryPipeline::PImpl::NotifyReceiver()
  {
    if (IsNextReady())
    {
      hasPiece.notify_one();
    }
  }

  void EntryPipeline::PImpl::Open(Worker& worker, const std::shared_ptr<Entry>& entry)
  {
    const PlannedEntry& planned = plan.entries[entry->index];
    EntryFacts facts;
    EntrySource opened = OpenEntrySource(store, planned, options.transcode);
    std::shared_ptr<const IInstanceData> source = std::move(opened.data);
    facts.origin = opened.origin;
    if (options.inspector)
    {
      facts.summary = options.inspector(planned, *source);
    }
    facts.sizeBytes = options.inspectsOnly ? 0 : source->GetSizeBytes();
    const bool isStored = facts.origin == EntryOrigin::Transcoded
                            ? IsCompressedTransferSyntax(opened.transferSyntaxUid)
                            : planned.isStored;
    facts.method = isStored || facts.sizeBytes == 0 || options.density == ArchiveDensity::Store
                     ? ZipMethod::Stored
                     : ZipMethod::Deflated;

    const std::uint64_t memoryBytes = source->GetMemoryBytes();
    const bool isWhole = facts.sizeBytes <= SINGLE_PIECE_BYTES;
    {
      const boost::unique_lock<boost::mutex> lock(mutex);
      isMemoryBacked = memoryBytes > 0;
      SetCharge(*entry, std::max({memoryBytes, isWhole ? facts.sizeBytes : 0, MIN_CHARGE_BYTES}));
      if (!isMemoryBacked)
      {
        hasWork.notify_all(); // less may be charged than was thought
      }
    }
    if (isWhole)
    {
      MakeWhole(worker, entry, std::move(source), std::move(facts));
      return;
    }
    if (facts.method == ZipMethod::Stored || options.hasDigest)
    {
      FindCrc(worker, planned, *source, facts);
    }

    const boost::unique_lock<boost::mutex> lock(mutex);
    entry->source = std::move(source);
    entry->facts = facts;
    entry->blocksCount = (facts.sizeBytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
    entry->isOpened = true;
    unclaimed.emplace(entry->index, entry);
    hasWork.notify_all();
  }

  // The memory knows files of the store only, and no digests
  void EntryPipeline::PImpl::FindCrc(Worker& worker,
                                     const PlannedEntry& planned,
                                     const IInstanceData& source,
                                     EntryFacts& facts)
  {
    CrcMemory* const crcs = facts.origin == EntryOrigin::Transcoded ? nullptr : options.crcs;
    if (crcs != nullptr && !options.hasDigest)
    {
      facts.crc32 = crcs->Find(planned.instance);
    }
    if (!facts.crc32.has_value())
    {
      ReadAhead(worker, source, facts);
      if (crcs != nullptr)
      {
        crcs->Remember(planned.instance, *facts.crc32);
      }
    }
  }

  // CRC and digest of a large entry, where they must be known before its first byte
  void
  EntryPipeline::PImpl::ReadAhead(Worker& worker, const IInstanceData& source, EntryFacts& facts)
  {
    std::uint32_t crc = 0;
    if (worker.digest)
    {
      worker.digest->Begin();
    }
    for (std::uint64_t offset = 0; offset < facts.sizeBytes; offset += BLOCK_BYTES)
    {
      if (isStopping)
      {
        throw Failure(FailureKind::Canceled, "The archive was canceled");
      }
      const std::size_t sizeBytes =
        static_cast<std::size_t>(std::min<std::uint64_t>(BLOCK_BYTES, facts.sizeBytes - offset));
      const void* bytes = source.Read(offset, sizeBytes, worker.input);
      crc = UpdateCrc32(crc, bytes, sizeBytes);
      if (worker.digest)
      {
        worker.digest->Update(bytes, sizeBytes);
      }
    }
    facts.crc32 = crc;
    if (worker.digest)
    {
      facts.digest = worker.digest->End();
    }
  }

  // An entry of one piece: everything at once, in one read
  void EntryPipeline::PImpl::MakeWhole(Worker& worker,
                                       const std::shared_ptr<Entry>& entry,
                                       std::shared_ptr<const IInstanceData> source,
                                       EntryFacts facts)
  {
    std::shared_ptr<Block> block = std::make_shared<Block>();
    block->inputBytes = static_cast<std::size_t>(facts.sizeBytes);
    if (worker.digest)
    {
      worker.digest->Begin();
    }
    MakePayload(worker, source, 0, facts.method, DeflateEnd::Final, *block);
    facts.crc32 = block->crc32;
    if (worker.digest)
    {
      facts.digest = worker.digest->End();
    }
    const std::uint64_t heldBytes =
      block->payload.source ? source->GetMemoryBytes() : block->payload.sizeBytes;
    source.reset(); // a call to the store: before the lock
    block->isDone = true;
    const std::uint64_t readyBytes = block->payload.sizeBytes;

    const boost::unique_lock<boost::mutex> lock(mutex);
    SetCharge(*entry, std::max(heldBytes, MIN_CHARGE_BYTES));
    entry->facts = facts;
    entry->blocks.push_back(std::move(block)); // the receiver's is the last reference
    entry->nextToClaim = 1;
    entry->isOpened = true;
    hasWork.notify_one();
    CountReady(readyBytes);
  }

  void EntryPipeline::PImpl::MakePayload(Worker& worker,
                                         const std::shared_ptr<const IInstanceData>& source,
                                         std::uint64_t offset,
                                         ZipMethod method,
                                         DeflateEnd end,
                                         Block& block)
  {
    const std::size_t sizeBytes = block.inputBytes;
    if (sizeBytes == 0)
    {
      return;
    }
    if (method == ZipMethod::Stored && worker.input.capacity() == 0)
    {
      TakeRecycledBuffer(worker.input);
    }
    const void* bytes = source->Read(offset, sizeBytes, worker.input);
    const bool isWhole = sizeBytes == source->GetSizeBytes();
    if (isWhole && worker.digest)
    {
      worker.digest->Update(bytes, sizeBytes);
    }
    block.crc32 = UpdateCrc32(0, bytes, sizeBytes);

    Payload& payload = block.payload;
    payload.sizeBytes = sizeBytes;
    if (method == ZipMethod::Deflated)
    {
      unsigned char* output =
        worker.ReserveOutput(static_cast<std::size_t>(Deflater::GetBound(sizeBytes)));
      payload.sizeBytes = worker.deflater->Deflate(bytes, sizeBytes, end, output);
      payload.deflated.reset(new unsigned char[payload.sizeBytes]);
      std::copy_n(output, payload.sizeBytes, payload.deflated.get());
      payload.data = payload.deflated.get();
    }
    else if (!IsWithin(bytes, worker.input))
    {
      payload.source = source;
      payload.data = static_cast<const unsigned char*>(bytes);
    }
    else if (worker.input.capacity() <= 2 * sizeBytes + BUFFER_SLACK_BYTES)
    {
      payload.buffer = std::move(worker.input);
      worker.input = std::vector<unsigned char>();
      payload.data = static_cast<const unsigned char*>(bytes);
    }
    else
    {
      payload.deflated.reset(new unsigned char[sizeBytes]);
      std::copy_n(static_cast<const unsigned char*>(bytes), sizeBytes, payload.deflated.get());
      payload.data = payload.deflated.get();
    }
  }

  void EntryPipeline::PImpl::TakeRecycledBuffer(std::vector<unsigned char>& buffer)
  {
    const boost::unique_lock<boost::mutex> lock(mutex);
    if (!recycled.empty())
    {
      buffer = std::move(recycled.back());
      recycled.pop_back();
      recycledBytes -= buffer.capacity();
    }
  }

  void EntryPipeline::PImpl::PublishFailure(Entry& entry, const EntryFailure& failure)
  {
    const std::shared_ptr<Block> block = std::make_shared<Block>();
    block->isDone = true;
    block->failure = failure;
    SetCharge(entry, MIN_CHARGE_BYTES);
    entry.blocks.assign(1, block);
    entry.isOpened = true;
    hasWork.notify_all();
    NotifyReceiver();
  }

  bool EntryPipeline::PImpl::IsNextReady() const
  {
    if (window.empty())
    {
      return false;
    }
    const Entry& entry = *window.front();
    return entry.isOpened && !entry.blocks.empty() && entry.blocks.front()->isDone;
  }

  void EntryPipeline::PImpl::Recycle(Payload& payload)
  {
    const std::uint64_t capacity = payload.buffer.capacity();
    if (capacity > 0 && recycledBytes + capacity <= SINGLE_PIECE_BYTES)
    {
      recycledBytes += capacity;
      recycled.push_back(std::move(payload.buffer));
    }
  }

  // Destroys what the current piece held, then gives its charge back: in this order, so that the charge
  // covers all that exists. Destructors may call the store, hence without the lock
  void EntryPipeline::PImpl::Retire()
  {
    if (!current)
    {
      return;
    }
    std::shared_ptr<const IInstanceData> source;
    {
      const boost::unique_lock<boost::mutex> lock(mutex);
      Entry& entry = *window.front();
      Recycle(current->payload);
      if (piece.isLast &&
          std::all_of(entry.blocks.begin(), entry.blocks.end(),
                      [](const std::shared_ptr<Block>& block) { return block->isDone; }))
      {
        source = std::move(entry.source);
      }
    }
    const std::uint64_t chargedBytes = current->chargedBytes;
    current.reset();
    source.reset();

    std::shared_ptr<Entry> retired; // outlives the lock, with the blocks nobody will ask for
    const boost::unique_lock<boost::mutex> lock(mutex);
    blocksBytes -= chargedBytes;
    if (piece.isLast)
    {
      retired = std::move(window.front());
      window.pop_front();
      SetCharge(*retired, 0);
      unclaimed.erase(retired->index);
      retired->isAbandoned = true;
      for (const std::shared_ptr<Block>& block : retired->blocks)
      {
        blocksBytes -= block->isDone ? block->chargedBytes : 0;
      }
    }
    hasWork.notify_all();
  }

  void EntryPipeline::PImpl::Deliver()
  {
    Entry& entry = *window.front();
    current = std::move(entry.blocks.front());
    entry.blocks.pop_front();

    piece.entry = entry.index;
    piece.isFirst = entry.nextToDeliver == 0;
    entry.nextToDeliver++;
    piece.isLast = entry.nextToDeliver == entry.blocksCount || current->failure.has_value();
    piece.facts = entry.facts;
    piece.data = current->payload.data;
    piece.sizeBytes = current->payload.sizeBytes;
    piece.inputCrc32 = current->crc32;
    piece.inputBytes = current->inputBytes;
    piece.failure = current->failure;
  }

  EntryPipeline::EntryPipeline(const ArchivePlan& plan,
                               const PipelineOptions& options,
                               IDicomStore& store)
    : pimpl_(std::make_unique<PImpl>(plan, options, store))
  {
    pimpl_->Start();
  }

  EntryPipeline::~EntryPipeline() = default;

  const EntryPiece* EntryPipeline::Next(unsigned timeoutMilliseconds)
  {
    return NextInBulk(timeoutMilliseconds, 0);
  }

  const EntryPiece* EntryPipeline::NextInBulk(unsigned timeoutMilliseconds, std::size_t wantedBytes)
  {
    pimpl_->Retire();

    boost::unique_lock<boost::mutex> lock(pimpl_->mutex);
    pimpl_->awaitedBytes = wantedBytes;
    while (!pimpl_->IsNextReady())
    {
      if (pimpl_->broken.has_value())
      {
        throw Failure(pimpl_->broken->kind, pimpl_->broken->message);
      }
      const bool isLate =
        timeoutMilliseconds == 0 ||
        !pimpl_->hasPiece.timed_wait(lock, boost::posix_time::milliseconds(timeoutMilliseconds));
      if (isLate && !pimpl_->IsNextReady())
      {
        return nullptr;
      }
    }
    pimpl_->Deliver();
    return &pimpl_->piece;
  }

  void EntryPipeline::Cancel()
  {
    pimpl_->Stop();
  }
} // namespace OrthancPlugins
