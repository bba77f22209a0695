// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "ArchivePlanner.h"

#include "CompressionPolicy.h"
#include "FolderNaming.h"
#include "NamingTemplate.h"
#include "PathLayout.h"
#include "ResourceTree.h"

#include "../Failure.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    using Patient = ResourceTree::Patient;
    using Study = ResourceTree::Study;
    using Series = ResourceTree::Series;

    struct NumberedInstance
    {
      StoredInstance* instance;
      std::uint32_t number; // in the host's file name
    };

    // As the host reads its metadata: absent or negative is 0, the rest is cut to 32 bits
    std::uint32_t GetStoredIndex(const StoredInstance& instance)
    {
      const std::int64_t index = instance.indexInSeries.value_or(0);
      return index < 0 ? 0 : static_cast<std::uint32_t>(index);
    }

    bool HasSmallerNumber(const NumberedInstance& a, const NumberedInstance& b)
    {
      return a.number < b.number;
    }

    void CountFromZero(std::vector<NumberedInstance>& instances)
    {
      for (std::size_t i = 0; i < instances.size(); i++)
      {
        instances[i].number = static_cast<std::uint32_t>(i);
      }
    }

    bool HasDuplicates(const std::vector<NumberedInstance>& sorted)
    {
      return std::adjacent_find(sorted.begin(), sorted.end(),
                                [](const NumberedInstance& a, const NumberedInstance& b)
                                { return a.number == b.number; }) != sorted.end();
    }

    // Before 1.12.6 the host counts. Since then a whole series is sorted by its stored index, which is
    // the number as well if it is unique; single instances keep the order of the request. The host
    // sorts by std::sort, too: same input, same order of equal indices
    std::vector<NumberedInstance> OrderInstances(Series& series, bool hasStoredIndex)
    {
      std::vector<NumberedInstance> ordered;
      ordered.reserve(series.instances.size());
      for (StoredInstance& instance : series.instances)
      {
        ordered.push_back(NumberedInstance{&instance, GetStoredIndex(instance)});
      }
      if (!hasStoredIndex)
      {
        CountFromZero(ordered);
      }
      else if (series.isWhole)
      {
        std::sort(ordered.begin(), ordered.end(), HasSmallerNumber);
        if (HasDuplicates(ordered))
        {
          CountFromZero(ordered);
        }
      }
      return ordered;
    }

    // How a version of the host lays out the answer to a request
    struct HostLayout
    {
      bool hasStoredIndex; // since 1.12.6
      bool hasStudyCopy;   // the patient's tags as the study has them
      bool startsAtSeries; // without the folders of patient and study
    };

    // Since 1.12.2, GET on a study or a series uses the study's copy of the patient's tags, and POST
    // starts at its own level: for a study at its copy of the patient, for a series at the series.
    // Batches and patients use the patient's record. Our own route of an instance is like GET
    HostLayout MakeHostLayout(const HostVersion& version, const ArchiveRequest& request)
    {
      HostLayout layout{version.IsAtLeast(1, 12, 6), false, false};
      if (version.IsAtLeast(1, 12, 2) && request.level.has_value() &&
          *request.level != ResourceLevel::Patient)
      {
        layout.hasStudyCopy = true;
        layout.startsAtSeries = request.isPost && *request.level == ResourceLevel::Series;
      }
      return layout;
    }

    std::size_t CountInstances(const std::map<std::string, Patient>& patients)
    {
      std::size_t count = 0;
      for (const auto& [patientId, patient] : patients)
      {
        for (const auto& [studyId, study] : patient.studies)
        {
          for (const auto& [seriesId, series] : study.series)
          {
            count += series.instances.size();
          }
        }
      }
      return count;
    }

    /**
     * Walks through the tree in the host's order and collects entries and their names. Takes the
     * instances out of it.
     **/
    class PlanWriter
    {
    public:
      PlanWriter(const ArchiveRequest& request, const HostVersion& version)
        : request_(request),
          layout_(MakeHostLayout(version, request)),
          naming_(version, request.isUtf8)
      {
        if (request.kind == ArchiveKind::Archive && !NamingTemplate::IsHost(request.naming))
        {
          template_.emplace(request.naming);
        }
      }

      void Write(std::map<std::string, Patient>&& patients)
      {
        plan_.entries.reserve(CountInstances(patients));
        for (auto& [id, patient] : patients)
        {
          WritePatient(patient);
        }
      }

      ArchivePlan Finish()
      {
        if (request_.kind == ArchiveKind::Media)
        {
          NameMediaFiles(plan_);
          return std::move(plan_);
        }
        std::vector<std::string> paths = paths_.GetFilePaths();
        assert(paths.size() == plan_.entries.size());
        for (std::size_t i = 0; i < paths.size(); i++)
        {
          plan_.hasUtf8Names =
            plan_.hasUtf8Names ||
            std::any_of(paths[i].begin(), paths[i].end(),
                        [](char c) { return static_cast<unsigned char>(c) > 127; });
          plan_.entries[i].path = std::move(paths[i]);
        }
        return std::move(plan_);
      }

    private:
      const DicomTags& GetPatientTags(const Patient& patient, const Study& study) const
      {
        return layout_.hasStudyCopy ? study.patientTags : patient.tags;
      }

      // With the study's copy there is one study only
      void WritePatient(Patient& patient)
      {
        std::size_t folder = PathLayout::ROOT;
        if (HasHostFolders() && !patient.studies.empty())
        {
          folder = paths_.AddFolder(
            PathLayout::ROOT,
            naming_.GetPatientFolder(GetPatientTags(patient, patient.studies.begin()->second)),
            "Unknown Patient");
        }
        for (auto& [id, study] : patient.studies)
        {
          WriteStudy(patient, study, folder);
        }
      }

      void WriteStudy(const Patient& patient, Study& study, std::size_t patientFolder)
      {
        std::size_t folder = PathLayout::ROOT;
        if (HasHostFolders())
        {
          folder =
            paths_.AddFolder(patientFolder, naming_.GetStudyFolder(study.tags), "Unknown Study");
        }
        for (auto& [id, series] : study.series)
        {
          const std::vector<NumberedInstance> instances =
            OrderInstances(series, layout_.hasStoredIndex);
          if (request_.kind == ArchiveKind::Media)
          {
            WriteOnMedium(instances);
          }
          else if (template_.has_value())
          {
            WriteByTemplate(GetPatientTags(patient, study), study, series, instances);
          }
          else
          {
            WriteLikeHost(series, instances, folder);
          }
        }
      }

      bool HasHostFolders() const
      {
        return request_.kind == ArchiveKind::Archive && !template_.has_value() &&
               !layout_.startsAtSeries;
      }

      // One counter for all (PS3.10 8.2 leaves no room for names)
      void WriteOnMedium(const std::vector<NumberedInstance>& instances)
      {
        bool isSeriesStart = true;
        for (const NumberedInstance& numbered : instances)
        {
          AddEntry(std::move(*numbered.instance));
          plan_.entries.back().isSeriesStart = isSeriesStart;
          isSeriesStart = false;
        }
      }

      void WriteLikeHost(const Series& series,
                         const std::vector<NumberedInstance>& instances,
                         std::size_t studyFolder)
      {
        const std::size_t folder =
          paths_.AddFolder(studyFolder, naming_.GetSeriesFolder(series.tags), "Unknown Series");
        for (const NumberedInstance& numbered : instances)
        {
          paths_.AddFile(folder, naming_.GetFileName(series.tags, numbered.number), "Unknown.dcm",
                         ".dcm");
          AddEntry(std::move(*numbered.instance));
        }
      }

      void WriteByTemplate(const DicomTags& patientTags,
                           const Study& study,
                           const Series& series,
                           const std::vector<NumberedInstance>& instances)
      {
        std::size_t index = 0;
        for (const NumberedInstance& numbered : instances)
        {
          index++;
          AddTemplatePath(
            template_->Render(NamingValues{patientTags, study.tags, series.tags,
                                           numbered.instance->tags, numbered.instance->id, index}));
          AddEntry(std::move(*numbered.instance));
        }
      }

      // Folders of equal text are one folder, whoever's they are: that is what the template says.
      // Texts that become equal by cleaning stay apart
      void AddTemplatePath(const std::vector<NamingTemplate::Part>& parts)
      {
        std::size_t folder = PathLayout::ROOT;
        for (std::size_t i = 0; i + 1 < parts.size(); i++)
        {
          const auto [found, isNew] =
            templateFolders_.emplace(std::make_pair(folder, parts[i].text), PathLayout::ROOT);
          if (isNew)
          {
            found->second = paths_.AddFolder(
              folder, FolderNaming::NormalizeName(parts[i].text, request_.isUtf8), "Unknown");
          }
          folder = found->second;
        }
        const NamingTemplate::Part& last = parts.back();
        const std::string base = last.text.substr(0, last.text.size() - last.extension.size());
        paths_.AddFile(folder,
                       MakeSafeName(FolderNaming::NormalizeName(base, request_.isUtf8), "Unknown") +
                         last.extension,
                       "Unknown", last.extension);
      }

      void AddEntry(StoredInstance&& instance)
      {
        PlannedEntry& entry = plan_.entries.emplace_back();
        entry.instance = std::move(instance);
        entry.instance.tags.clear();
        entry.isStored = request_.density == ArchiveDensity::Store ||
                         IsCompressedTransferSyntax(entry.instance.transferSyntaxUid);
        plan_.uncompressedBytes += entry.instance.sizeBytes;
      }

      const ArchiveRequest& request_;
      HostLayout layout_;
      FolderNaming naming_;
      std::optional<NamingTemplate> template_;
      PathLayout paths_;
      std::map<std::pair<std::size_t, std::string>, std::size_t> templateFolders_;
      ArchivePlan plan_;
    };

    bool NeedsInstanceTags(const ArchiveRequest& request)
    {
      return request.kind == ArchiveKind::Archive && !NamingTemplate::IsHost(request.naming) &&
             NamingTemplate(request.naming).NeedsInstanceTags();
    }

    // Since 1.12.0 the host looks whether the resource is of the level of the route. False if it has
    // not been looked at
    bool CheckLevel(IDicomStore& store, const HostVersion& version, const ArchiveRequest& request)
    {
      if (!request.level.has_value() || !version.IsAtLeast(1, 12, 0))
      {
        return false;
      }
      assert(request.resources.size() == 1);
      const std::string& id = request.resources.front();
      if (store.FindLevel(id) != request.level)
      {
        throw Failure(FailureKind::NotFound, "No such resource at this level: " + id);
      }
      return true;
    }

    // The host makes a set of the argument of GET, hence sorts it
    std::vector<std::string> GetResources(const ArchiveRequest& request)
    {
      if (request.level.has_value() || request.isPost)
      {
        return request.resources;
      }
      const std::set<std::string> sorted(request.resources.begin(), request.resources.end());
      return std::vector<std::string>(sorted.begin(), sorted.end());
    }
  } // namespace

  ArchivePlanner::ArchivePlanner(IDicomStore& store, const HostVersion& version)
    : store_(store),
      version_(version)
  {
  }

  ArchivePlan ArchivePlanner::Plan(const ArchiveRequest& request) const
  {
    DescribeOptions options;
    options.instanceTags = NeedsInstanceTags(request);
    const bool isLevelKnown = CheckLevel(store_, version_, request);

    ResourceTree tree(store_, options);
    if (isLevelKnown)
    {
      tree.Add(*request.level, request.resources.front());
    }
    else
    {
      tree.Add(GetResources(request));
    }

    PlanWriter writer(request, version_);
    writer.Write(tree.TakePatients());
    return writer.Finish();
  }
} // namespace OrthancPlugins
