// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MediaFiles.h"

#include "../Dicom/DicomDirBuilder.h"
#include "../Dicom/EncapsulatedDocumentReader.h"
#include "../Failure.h"
#include "../Media/MediaDocuments.h"
#include "../Media/OverlayFolder.h"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* DICOMDIR_PATH = "DICOMDIR";
    constexpr const char* README_PATH = "README.TXT";
    constexpr const char* INDEX_PATH = "INDEX.HTM";
    constexpr const char* PDF_MIME = "application/pdf";

    constexpr std::size_t BLOCK_BYTES = std::size_t(1) << 20;
    constexpr std::size_t NUMBER_DIGITS = 6; // of names with eight characters

    constexpr std::uint64_t SERIES_BYTES = 4096; // in INDEX.HTM
    constexpr std::uint64_t FILE_BYTES = 4096;   // around a file, in a ZIP or an image
    constexpr std::uint64_t TEXTS_BYTES = 64 * 1024;

    std::string FormatUtc(std::time_t utc, const char* format)
    {
      std::tm fields = {};
      gmtime_r(&utc, &fields);
      char text[16];
      return std::string(text, std::strftime(text, sizeof(text), format, &fields));
    }

    DicomDirOptions MakeDirectoryOptions(const MediaBuild& build)
    {
      DicomDirOptions options;
      options.fileSetId = build.fileSetId;
      options.isExtended = build.request.isExtended;
      options.descriptorFileId = build.request.hasReadme ? README_PATH : "";
      options.fallbackDate = FormatUtc(build.createdUtc, "%Y%m%d");
      options.fallbackTime = FormatUtc(build.createdUtc, "%H%M%S");
      return options;
    }

    // "PREVIEW/PV000012.JPG": no patient data in names
    std::string MakePath(const char* prefix, std::size_t number, const char* extension)
    {
      std::string digits = std::to_string(number);
      digits.insert(0, NUMBER_DIGITS - std::min(NUMBER_DIGITS, digits.size()), '0');
      return prefix + digits + extension;
    }

    GeneratedFile MakeTextFile(const char* path, const std::function<std::string()>& makeText)
    {
      // Made once: what it is about is known when its turn comes
      const auto text = std::make_shared<std::string>();
      GeneratedFile file;
      file.path = path;
      file.prepare = [text, makeText]
      {
        *text = makeText();
        return true;
      };
      file.write = [text](std::size_t, IByteSink& sink) { sink.Write(text->data(), text->size()); };
      return file;
    }

    void CopyBlocks(const IInstanceData& data, IByteSink& sink)
    {
      std::vector<unsigned char> scratch;
      for (std::uint64_t offset = 0; offset < data.GetSizeBytes(); offset += BLOCK_BYTES)
      {
        const std::size_t sizeBytes = static_cast<std::size_t>(
          std::min<std::uint64_t>(BLOCK_BYTES, data.GetSizeBytes() - offset));
        sink.Write(data.Read(offset, sizeBytes, scratch), sizeBytes);
      }
    }

    // A file whose series has a place in the index
    struct SeriesFile
    {
      std::size_t index = 0; // in the plan
      std::string studyInstanceUid;
      std::string seriesInstanceUid;
      std::string title;
    };
  } // namespace

  struct MediaFiles::PImpl
  {
    PImpl(const ArchivePlan& planArgument,
          const MediaBuild& buildArgument,
          IDicomStore& storeArgument)
      : plan(planArgument),
        build(buildArgument),
        store(storeArgument),
        directory(MakeDirectoryOptions(buildArgument)),
        index(buildArgument.institutionText)
    {
      if (!build.overlayDirectory.empty())
      {
        overlay.emplace(build.overlayDirectory);
      }
    }

    const ArchivePlan& plan;
    const MediaBuild build;
    IDicomStore& store;
    DicomDirBuilder directory;
    MediaIndex index;
    std::optional<OverlayFolder> overlay;
    std::uint64_t filesCount = 0;

    std::vector<SeriesFile> documents;
    std::vector<SeriesFile> previews; // one a series
    SeriesFile current;               // the series of the file that was added last
    std::vector<std::size_t> currentImages;
    std::size_t seriesCount = 0;

    std::vector<std::string> warnings;
    std::size_t leftOutCount = 0; // for want of room

    // ---- Files of the plan

    void AddToIndex(std::size_t number, const DicomSummary& summary)
    {
      if (seriesCount == 0 || summary.seriesInstanceUid != current.seriesInstanceUid ||
          summary.studyInstanceUid != current.studyInstanceUid)
      {
        EndSeries();
        seriesCount++;
        current.studyInstanceUid = summary.studyInstanceUid;
        current.seriesInstanceUid = summary.seriesInstanceUid;
      }
      if (summary.framesCount > 0)
      {
        currentImages.push_back(number);
      }
    }

    // The image in the middle says most about a series
    void EndSeries()
    {
      if (!currentImages.empty())
      {
        current.index = currentImages[currentImages.size() / 2];
        previews.push_back(current);
        currentImages.clear();
      }
    }

    void AddDocument(std::size_t number, const DicomSummary& summary)
    {
      SeriesFile document;
      document.index = number;
      document.studyInstanceUid = summary.studyInstanceUid;
      document.seriesInstanceUid = summary.seriesInstanceUid;
      document.title = summary.documentTitle;
      documents.push_back(std::move(document));
    }

    // ---- Files of ours

    bool CheckRoom(const std::function<bool(std::uint64_t)>& hasRoom, std::uint64_t sizeBytes)
    {
      const bool fits = hasRoom(sizeBytes);
      leftOutCount += fits ? 0 : 1;
      return fits;
    }

    // Empty if it cannot be extracted: the file itself is on the medium all the same
    std::unique_ptr<IInstanceData> OpenDocument(const SeriesFile& source)
    {
      const StoredInstance& instance = plan.entries[source.index].instance;
      try
      {
        std::optional<EncapsulatedDocument> document =
          OpenEncapsulatedDocument(store.OpenInstance(instance));
        if (document.has_value())
        {
          return std::move(document->content);
        }
      }
      catch (const Failure& failure)
      {
        if (failure.GetKind() != FailureKind::SourceMissing &&
            failure.GetKind() != FailureKind::TooLarge)
        {
          throw;
        }
      }
      warnings.push_back("The document of instance " + instance.id + " cannot be extracted");
      return nullptr;
    }

    GeneratedFile MakeDocument(std::size_t number,
                               const std::function<bool(std::uint64_t)>& hasRoom)
    {
      const auto content = std::make_shared<std::unique_ptr<IInstanceData>>();
      GeneratedFile file;
      file.path = MakePath("DOCUMENT/DC", number, ".PDF");
      file.prepare = [this, number, hasRoom, content]
      {
        *content = OpenDocument(documents[number]);
        return *content != nullptr && CheckRoom(hasRoom, (*content)->GetSizeBytes());
      };
      file.write = [content](std::size_t, IByteSink& sink) { CopyBlocks(**content, sink); };
      file.finish = [this, number, content, path = file.path]
      {
        const SeriesFile& source = documents[number];
        content->reset();
        index.AddDocument(source.seriesInstanceUid, source.studyInstanceUid, source.title, path);
      };
      return file;
    }

    GeneratedFile MakePreview(std::size_t number, const std::function<bool(std::uint64_t)>& hasRoom)
    {
      const auto picture = std::make_shared<std::string>();
      GeneratedFile file;
      file.path = MakePath("PREVIEW/PV", number, ".JPG");
      file.prepare = [this, number, hasRoom, picture]
      {
        *picture = store.RenderPreview(plan.entries[previews[number].index].instance.id);
        return !picture->empty() && CheckRoom(hasRoom, picture->size());
      };
      file.write = [picture](std::size_t, IByteSink& sink)
      { sink.Write(picture->data(), picture->size()); };
      file.finish = [this, number, picture, path = file.path]
      {
        picture->clear();
        index.SetPreview(previews[number].seriesInstanceUid, previews[number].studyInstanceUid,
                         path);
      };
      return file;
    }

    GeneratedFile MakeOverlayFile(const OverlayFile& source) const
    {
      GeneratedFile file;
      file.path = source.path;
      file.modifiedUtc = source.modifiedUtc;
      file.write = [this, source](std::size_t, IByteSink& sink)
      { CopyBlocks(*overlay->Open(source), sink); };
      return file;
    }

    std::uint64_t GetOverlayBytes() const
    {
      std::uint64_t sizeBytes = 0;
      if (overlay.has_value())
      {
        for (const OverlayFile& file : overlay->GetFiles())
        {
          sizeBytes += file.sizeBytes + FILE_BYTES;
        }
      }
      return sizeBytes;
    }

    std::string MakeReadmeText() const
    {
      return MakeReadme(build.institutionText, PLUGIN_VERSION, filesCount, build.request.hasIndex,
                        build.request.hasPdf && !documents.empty(), build.request.overlay);
    }
  };

  MediaFiles::MediaFiles(const ArchivePlan& plan, const MediaBuild& build, IDicomStore& store)
    : pimpl_(std::make_unique<PImpl>(plan, build, store))
  {
  }

  MediaFiles::~MediaFiles() = default;

  void MediaFiles::Add(std::size_t index, const DicomSummary& summary)
  {
    const std::string& path = pimpl_->plan.entries[index].path;
    pimpl_->directory.Add(path, summary);
    pimpl_->filesCount++;
    if (pimpl_->build.request.hasIndex)
    {
      pimpl_->index.AddFile(path, summary);
      pimpl_->AddToIndex(index, summary);
    }
    if (pimpl_->build.request.hasPdf && summary.mimeType == PDF_MIME)
    {
      pimpl_->AddDocument(index, summary);
    }
  }

  std::vector<GeneratedFile>
  MediaFiles::MakeFiles(const std::function<bool(std::uint64_t)>& hasRoom)
  {
    PImpl& all = *pimpl_;
    all.EndSeries();
    std::vector<GeneratedFile> files;
    for (std::size_t i = 0; i < all.documents.size(); i++)
    {
      files.push_back(all.MakeDocument(i, hasRoom));
    }
    for (std::size_t i = 0; i < all.previews.size(); i++)
    {
      files.push_back(all.MakePreview(i, hasRoom));
    }
    if (all.build.request.hasIndex)
    {
      files.push_back(MakeTextFile(INDEX_PATH, [&all] { return all.index.Make(); }));
    }
    if (all.build.request.hasReadme)
    {
      files.push_back(MakeTextFile(README_PATH, [&all] { return all.MakeReadmeText(); }));
    }
    if (all.overlay.has_value())
    {
      for (const OverlayFile& file : all.overlay->GetFiles())
      {
        files.push_back(all.MakeOverlayFile(file));
      }
    }
    return files;
  }

  GeneratedFile MediaFiles::MakeDicomDir()
  {
    GeneratedFile file;
    file.path = DICOMDIR_PATH;
    file.write = [this](std::size_t, IByteSink& sink) { pimpl_->directory.Write(sink); };
    return file;
  }

  std::uint64_t MediaFiles::GetReservedBytes() const
  {
    return pimpl_->directory.GetSizeBytes() + pimpl_->seriesCount * SERIES_BYTES + TEXTS_BYTES +
           pimpl_->filesCount * FILE_BYTES + pimpl_->GetOverlayBytes();
  }

  std::vector<std::string> MediaFiles::GetWarnings() const
  {
    std::vector<std::string> warnings = pimpl_->directory.GetWarnings();
    warnings.insert(warnings.end(), pimpl_->warnings.begin(), pimpl_->warnings.end());
    if (pimpl_->leftOutCount > 0)
    {
      warnings.push_back(std::to_string(pimpl_->leftOutCount) +
                         " documents or previews are left out, because the volume is full");
    }
    return warnings;
  }
} // namespace OrthancPlugins
