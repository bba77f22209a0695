// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancDicomStore.h"

#include "../Core/Failure.h"

#include <boost/thread/lock_guard.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr std::chrono::seconds BRANCH_AGE(1);
    constexpr unsigned MAX_ATTEMPTS = 5;

    Failure MakeUnknown(const std::string& id)
    {
      return Failure(FailureKind::UnknownResource, "Unknown resource: " + id);
    }

    StoredPatient ToPatient(const HostResource& resource)
    {
      StoredPatient patient;
      patient.id = resource.id;
      patient.tags = resource.tags;
      return patient;
    }

    StoredStudy ToStudy(const HostResource& resource)
    {
      StoredStudy study;
      study.id = resource.id;
      study.tags = resource.tags;
      study.patientTags = resource.patientTags;
      return study;
    }

    StoredSeries ToSeries(const HostResource& resource)
    {
      StoredSeries series;
      series.id = resource.id;
      series.tags = resource.tags;
      return series;
    }

    std::vector<StoredInstance>& GetInstances(StoredPatient& branch)
    {
      return branch.studies.front().series.front().instances;
    }
  } // namespace

  OrthancDicomStore::OrthancDicomStore(OrthancPluginContext* context,
                                       OrthancRestApi& api,
                                       const Settings& settings,
                                       const HostVersion& version)
    : api_(api),
      resources_(api, version),
      reader_(context, settings, version)
  {
  }

  std::optional<ResourceLevel> OrthancDicomStore::FindLevel(const std::string& id)
  {
    const std::vector<HostResource> found = resources_.Lookup({id});
    return found.empty() ? std::nullopt : std::optional<ResourceLevel>(found.front().level);
  }

  StoredPatient OrthancDicomStore::Describe(ResourceLevel level,
                                            const std::string& id,
                                            const DescribeOptions& options)
  {
    for (unsigned attempt = 1;; attempt++)
    {
      const HostResource resource = GetAlone(level, id);
      try
      {
        return DescribeFound(resource, options);
      }
      catch (const Failure& failure)
      {
        // The description takes several calls: something else may have been deleted between two of them
        if (attempt == MAX_ATTEMPTS || failure.GetKind() != FailureKind::UnknownResource)
        {
          throw;
        }
      }
    }
  }

  StoredPatient OrthancDicomStore::DescribeFound(const HostResource& resource,
                                                 const DescribeOptions& options)
  {
    switch (resource.level)
    {
    case ResourceLevel::Patient:
      return DescribePatient(resource, options);
    case ResourceLevel::Study:
      return DescribeStudy(resource, options);
    case ResourceLevel::Series:
      return DescribeSeries(resource, options);
    case ResourceLevel::Instance:
      break;
    }
    return DescribeInstance(resource);
  }

  std::unique_ptr<IInstanceData> OrthancDicomStore::OpenInstance(const StoredInstance& instance)
  {
    return reader_.OpenInstance(instance);
  }

  std::unique_ptr<IInstanceData> OrthancDicomStore::OpenTranscoded(const StoredInstance& instance,
                                                                   const TranscodeTarget& target)
  {
    return reader_.OpenTranscoded(instance, target);
  }

  StoredPatient OrthancDicomStore::DescribePatient(const HostResource& patient,
                                                   const DescribeOptions& options) const
  {
    StoredPatient result = ToPatient(patient);
    for (const HostResource& study : resources_.Lookup(patient.childIds))
    {
      result.studies.push_back(ReadStudy(study, options));
    }
    return result;
  }

  StoredPatient OrthancDicomStore::DescribeStudy(const HostResource& study,
                                                 const DescribeOptions& options) const
  {
    StoredPatient result = ToPatient(GetAlone(ResourceLevel::Patient, study.parentId));
    result.studies.push_back(ReadStudy(study, options));
    return result;
  }

  StoredPatient OrthancDicomStore::DescribeSeries(const HostResource& series,
                                                  const DescribeOptions& options) const
  {
    StoredPatient result = ReadBranch(series);
    GetInstances(result) = std::move(
      resources_.ListInstances(ResourceLevel::Series, series.id, {series}, options).front());
    return result;
  }

  StoredPatient OrthancDicomStore::DescribeInstance(const HostResource& instance)
  {
    StoredPatient result = GetBranch(instance.parentId);
    GetInstances(result).push_back(instance.instance);
    resources_.CorrectSize(GetInstances(result).back());
    return result;
  }

  StoredStudy OrthancDicomStore::ReadStudy(const HostResource& study,
                                           const DescribeOptions& options) const
  {
    const std::vector<HostResource> allSeries = resources_.LookupSeries(study);
    std::vector<std::vector<StoredInstance>> instances =
      resources_.ListInstances(ResourceLevel::Study, study.id, allSeries, options);

    StoredStudy result = ToStudy(study);
    for (std::size_t i = 0; i < allSeries.size(); i++)
    {
      result.series.push_back(ToSeries(allSeries[i]));
      result.series.back().instances = std::move(instances[i]);
    }
    return result;
  }

  StoredPatient OrthancDicomStore::ReadBranch(const HostResource& series) const
  {
    const HostResource study = GetAlone(ResourceLevel::Study, series.parentId);
    StoredPatient result = ToPatient(GetAlone(ResourceLevel::Patient, study.parentId));
    result.studies.push_back(ToStudy(study));
    result.studies.back().series.push_back(ToSeries(series));
    return result;
  }

  StoredPatient OrthancDicomStore::GetBranch(const std::string& seriesId)
  {
    const std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
    {
      const boost::lock_guard<boost::mutex> lock(branchMutex_);
      if (branchSeriesId_ == seriesId && now - branchTime_ < BRANCH_AGE)
      {
        return branch_;
      }
    }
    StoredPatient branch = ReadBranch(GetAlone(ResourceLevel::Series, seriesId));
    const boost::lock_guard<boost::mutex> lock(branchMutex_);
    branchSeriesId_ = seriesId;
    branch_ = branch;
    branchTime_ = now;
    return branch;
  }

  HostResource OrthancDicomStore::GetAlone(ResourceLevel level, const std::string& id) const
  {
    std::optional<HostResource> found = resources_.LookupAlone(level, id);
    if (!found.has_value())
    {
      throw MakeUnknown(id);
    }
    return std::move(*found);
  }

  std::string OrthancDicomStore::RenderPreview(const std::string& instanceId)
  {
    const std::optional<std::string> picture =
      api_.FindRepresentation("/instances/" + instanceId + "/rendered", "image/jpeg");
    constexpr std::string_view JPEG_BEGIN = "\xff\xd8\xff";
    return picture.has_value() && picture->compare(0, JPEG_BEGIN.size(), JPEG_BEGIN) == 0 ? *picture
                                                                                          : "";
  }
} // namespace OrthancPlugins
