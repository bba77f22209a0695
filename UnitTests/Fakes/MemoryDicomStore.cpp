// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "MemoryDicomStore.h"

namespace OrthancPlugins
{
  namespace
  {
    class MemoryInstanceData final : public IInstanceData
    {
    public:
      MemoryInstanceData(std::string content, std::optional<std::uint64_t> failingAt)
        : content_(std::move(content)),
          failingAt_(failingAt)
      {
      }

      std::uint64_t GetSizeBytes() const override { return content_.size(); }

      std::uint64_t GetMemoryBytes() const override { return content_.size(); }

      const void*
      Read(std::uint64_t offset, std::size_t size, std::vector<unsigned char>&) const override
      {
        if (offset + size > content_.size() ||
            (failingAt_.has_value() && offset + size > *failingAt_))
        {
          throw Failure(FailureKind::SourceMissing, "The instance fails on demand");
        }
        return content_.data() + offset;
      }

    private:
      std::string content_;
      std::optional<std::uint64_t> failingAt_;
    };

    bool KeepBranch(StoredPatient& patient, ResourceLevel level, const std::string& id)
    {
      if (level == ResourceLevel::Patient)
      {
        return patient.id == id;
      }
      for (const StoredStudy& study : patient.studies)
      {
        if (level == ResourceLevel::Study && study.id == id)
        {
          patient.studies = {StoredStudy(study)};
          return true;
        }
        for (const StoredSeries& series : study.series)
        {
          if (level == ResourceLevel::Series && series.id == id)
          {
            StoredStudy parent = study;
            parent.series = {StoredSeries(series)};
            patient.studies = {parent};
            return true;
          }
          for (const StoredInstance& instance : series.instances)
          {
            if (level == ResourceLevel::Instance && instance.id == id)
            {
              StoredSeries branch = series;
              branch.instances = {StoredInstance(instance)};
              StoredStudy parent = study;
              parent.series = {branch};
              patient.studies = {parent};
              return true;
            }
          }
        }
      }
      return false;
    }
  } // namespace

  void MemoryDicomStore::AddSeries(const std::string& patientId,
                                   const std::string& studyId,
                                   const std::string& seriesId,
                                   const std::vector<std::string>& contents)
  {
    StoredSeries series;
    series.id = seriesId;
    series.tags = {{"Modality", "CT"}, {"SeriesDescription", "Series"}, {"SeriesNumber", "1"}};
    for (std::size_t i = 0; i < contents.size(); i++)
    {
      const std::string number = std::to_string(i);
      StoredInstance instance;
      instance.id =
        seriesId + "-" + std::string(4 - std::min<std::size_t>(4, number.size()), '0') + number;
      instance.sizeBytes = contents[i].size();
      instance.transferSyntaxUid = "1.2.840.10008.1.2.1";
      instance.indexInSeries = static_cast<std::int64_t>(i + 1);
      instance.receptionUtc = 1'600'000'000;
      instance.tags = {{"InstanceNumber", std::to_string(i + 1)}};
      files[instance.id] = contents[i];
      series.instances.push_back(instance);
    }
    StoredStudy study;
    study.id = studyId;
    study.tags = {
      {"StudyDescription", "Study"}, {"AccessionNumber", "A1"}, {"StudyDate", "20200101"}};
    study.patientTags = {{"PatientID", "P1"}, {"PatientName", "Name^First"}};
    study.series.push_back(series);
    for (StoredPatient& patient : patients)
    {
      if (patient.id == patientId)
      {
        for (StoredStudy& other : patient.studies)
        {
          if (other.id == studyId)
          {
            other.series.push_back(series);
            return;
          }
        }
        patient.studies.push_back(study);
        return;
      }
    }
    StoredPatient patient;
    patient.id = patientId;
    patient.tags = study.patientTags;
    patient.studies.push_back(study);
    patients.push_back(patient);
  }

  std::optional<ResourceLevel> MemoryDicomStore::FindLevel(const std::string& id)
  {
    for (const ResourceLevel level : {ResourceLevel::Patient, ResourceLevel::Study,
                                      ResourceLevel::Series, ResourceLevel::Instance})
    {
      for (StoredPatient patient : patients)
      {
        if (KeepBranch(patient, level, id))
        {
          return level;
        }
      }
    }
    return std::nullopt;
  }

  StoredPatient
  MemoryDicomStore::Describe(ResourceLevel level, const std::string& id, const DescribeOptions&)
  {
    for (StoredPatient patient : patients)
    {
      if (KeepBranch(patient, level, id))
      {
        return patient;
      }
    }
    throw Failure(FailureKind::UnknownResource, "Unknown resource: " + id);
  }

  std::unique_ptr<IInstanceData> MemoryDicomStore::OpenInstance(const StoredInstance& instance)
  {
    openedCount++;
    const auto found = files.find(instance.id);
    if (found == files.end() || unreadable.count(instance.id) != 0)
    {
      if (onUnreadable)
      {
        onUnreadable(instance.id);
      }
      throw Failure(FailureKind::SourceMissing, "Cannot read instance " + instance.id);
    }
    const auto failing = failingAt.find(instance.id);
    return std::make_unique<MemoryInstanceData>(
      found->second,
      failing == failingAt.end() ? std::nullopt : std::optional<std::uint64_t>(failing->second));
  }

  std::unique_ptr<IInstanceData> MemoryDicomStore::OpenTranscoded(const StoredInstance& instance,
                                                                  const TranscodeTarget&)
  {
    if (!transcoder)
    {
      return nullptr;
    }
    const std::string content = transcoder(instance.id);
    return content.empty() ? nullptr : std::make_unique<MemoryInstanceData>(content, std::nullopt);
  }

  std::string MemoryDicomStore::RenderPreview(const std::string& instanceId)
  {
    const auto found = previews.find(instanceId);
    return found == previews.end() ? "" : found->second;
  }
} // namespace OrthancPlugins
