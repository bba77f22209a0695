// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DicomDirBuilder.h"

#include "../Failure.h"
#include "DirectoryKeys.h"
#include "HeaderScanner.h"
#include "KeyElements.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    constexpr const char* DIRECTORY_SOP_CLASS = "1.2.840.10008.1.3.10";
    constexpr const char* EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1";
    constexpr const char* IMPLEMENTATION_CLASS_UID = "2.25.177539365244790256344308258320179339685";
    constexpr const char* IMPLEMENTATION_VERSION = "ORTHANC_ADV_REST";

    constexpr std::size_t PREAMBLE_BYTES = 128;
    constexpr std::size_t MAX_WARNINGS = 1000;
    constexpr std::size_t MAX_UID_BYTES = 64;
    constexpr std::uint32_t ITEM = 0xFFFEE000;

    // 128 bits of FNV-1a, for identifiers that must be the same for the same input. Not a secret
    class Fingerprint
    {
    public:
      void Add(std::string_view text)
      {
        for (const char c : text)
        {
          AddByte(static_cast<unsigned char>(c));
        }
        AddByte(0xFF); // no text has it at its end and begins with the next one
      }

      std::uint64_t GetFirst() const { return first_; }

      // PS3.5 B.2: a UUID as a decimal number. Version 8 and the variant of RFC 9562 5.8
      std::string MakeUid() const
      {
        std::uint64_t high = (first_ & ~std::uint64_t(0xF000)) | 0x8000;
        std::uint64_t low = (second_ & ~(std::uint64_t(3) << 62)) | std::uint64_t(1) << 63;
        std::string digits;
        while (high != 0 || low != 0)
        {
          // Long division by ten in pieces of 32 bits
          std::array<std::uint64_t, 4> pieces = {high >> 32, high & 0xFFFFFFFF, low >> 32,
                                                 low & 0xFFFFFFFF};
          std::uint64_t rest = 0;
          for (std::uint64_t& piece : pieces)
          {
            const std::uint64_t value = rest << 32 | piece;
            piece = value / 10;
            rest = value % 10;
          }
          high = pieces[0] << 32 | pieces[1];
          low = pieces[2] << 32 | pieces[3];
          digits.push_back(static_cast<char>('0' + rest));
        }
        std::reverse(digits.begin(), digits.end());
        return "2.25." + digits;
      }

    private:
      void AddByte(unsigned char byte)
      {
        constexpr std::uint64_t PRIME = 0x100000001B3;
        first_ = (first_ ^ byte) * PRIME;
        second_ = (second_ ^ byte) * PRIME;
        second_ ^= second_ >> 29; // else both would differ by their beginning only
      }

      std::uint64_t first_ = 0xCBF29CE484222325;
      std::uint64_t second_ = 0x6C62272E07BB0142;
    };

    struct FileNode
    {
      std::string path;
      std::string keys;
      std::string sopInstanceUid;
      std::size_t sopClass = 0; // index of a text that many files share
      std::size_t transferSyntax = 0;
      std::size_t privateRecordUid = 0;
      const DirectoryRecordType* type = nullptr;
    };

    struct SeriesNode
    {
      std::string uid;
      std::string keys;
      std::vector<const FileNode*> files;
    };

    struct StudyNode
    {
      std::string uid;
      std::string keys;
      std::string substituteDate;
      std::string substituteTime;
      std::vector<const SeriesNode*> series;
    };

    struct PatientNode
    {
      std::string id; // invented if the files have none
      std::string name;
      std::string keys;
      bool hasOwnId = true;
      std::vector<const StudyNode*> studies;
    };

    // Levels of the directory tree, from its root
    enum class RecordLevel
    {
      Root,
      Study,
      Series,
      Instance
    };

    bool HasValue(const KeyElement& element)
    {
      return IsText(element.vr) ? !IsEmptyValue(element.value) : !element.value.empty();
    }

    bool HasValue(std::string_view keys, std::uint32_t tag)
    {
      while (!keys.empty())
      {
        const KeyElement element = TakeElement(keys);
        if (element.tag == tag)
        {
          return HasValue(element);
        }
      }
      return false;
    }

    bool IsPlain(std::string_view text)
    {
      return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    }

    // Puts an element in its place
    std::string Insert(std::string_view keys, const KeyElement& added)
    {
      std::string result;
      bool isInserted = false;
      while (!keys.empty())
      {
        const KeyElement element = TakeElement(keys);
        if (!isInserted && element.tag >= added.tag)
        {
          result.append(added.bytes);
          isInserted = true;
        }
        if (element.tag != added.tag)
        {
          result.append(element.bytes);
        }
      }
      if (!isInserted)
      {
        result.append(added.bytes);
      }
      return result;
    }

    // What the first file of a study or series lacks, from another one. Only text that means the same
    // in each character set
    void AddMissing(std::string& keys, std::string_view others, const DirectoryKeys& types)
    {
      for (const DirectoryKey& type : types)
      {
        if (type.type != KeyType::Mandatory || HasValue(keys, type.tag))
        {
          continue;
        }
        for (std::string_view rest = others; !rest.empty();)
        {
          const KeyElement element = TakeElement(rest);
          if (element.tag == type.tag && HasValue(element) && IsPlain(TrimEnd(element.value)))
          {
            keys = Insert(keys, element);
          }
        }
      }
    }

    using Inventor = std::function<std::string(const DirectoryKey&)>;

    // All keys of a record, as its definition wants them
    std::string
    CompleteKeys(std::string_view keys, const DirectoryKeys& types, const Inventor& invent)
    {
      std::string result;
      std::map<std::uint32_t, KeyElement> elements;
      while (!keys.empty())
      {
        const KeyElement element = TakeElement(keys);
        elements.emplace(element.tag, element);
      }
      const auto characterSet = elements.find(TAG_SPECIFIC_CHARACTER_SET);
      if (characterSet != elements.end() && HasValue(characterSet->second))
      {
        result.append(characterSet->second.bytes);
      }
      for (const DirectoryKey& type : types)
      {
        const auto found = elements.find(type.tag);
        if (found != elements.end() && HasValue(found->second))
        {
          result.append(found->second.bytes);
        }
        else if (type.type == KeyType::Mandatory)
        {
          AppendElement(result, type.tag, type.vr, invent(type));
        }
        else if (type.type == KeyType::Empty)
        {
          AppendElement(result, type.tag, type.vr, "");
        }
      }
      return result;
    }

    std::optional<std::int64_t> ParseNumber(std::string_view text)
    {
      text.remove_prefix(std::min(text.find_first_not_of(" +"), text.size()));
      std::int64_t number = 0;
      const std::from_chars_result result =
        std::from_chars(text.data(), text.data() + text.size(), number);
      return result.ec == std::errc() ? std::optional<std::int64_t>(number) : std::nullopt;
    }

    /**
     * Gives numbers by counting, without those that are in use.
     **/
    class Counter
    {
    public:
      void Take(std::string_view keys, std::uint32_t tag)
      {
        const std::optional<std::string_view> value = FindValue(keys, tag);
        const std::optional<std::int64_t> number =
          value.has_value() ? ParseNumber(*value) : std::nullopt;
        if (number.has_value())
        {
          taken_.insert(*number);
        }
      }

      std::string Next()
      {
        do
        {
          last_++;
        } while (taken_.count(last_) != 0);
        return std::to_string(last_);
      }

    private:
      std::unordered_set<std::int64_t> taken_;
      std::int64_t last_ = 0;
    };

    // PS3.3 8.8: one code, "Unknown" of SNOMED CT
    std::string MakeUnknownCode()
    {
      std::string code;
      AppendElement(code, 0x00080100, "SH", "261665006");
      AppendElement(code, 0x00080102, "SH", "SCT");
      AppendElement(code, 0x00080104, "LO", "Unknown");

      std::string item;
      AppendTag(item, ITEM);
      AppendUint32(item, static_cast<std::uint32_t>(code.size()));
      return item + code;
    }

    std::string MakeNumber(std::string_view vr)
    {
      std::string number;
      AppendUint16(number, 1);
      number.resize(vr == "US" ? 2 : vr == "UL" ? 4 : 8, '\0');
      return number;
    }

    // Values for what no rule of its own covers
    std::string Invent(const DirectoryKey& key, const std::string& date, const std::string& time)
    {
      const std::string_view vr = key.vr;
      if (vr == "DA")
      {
        return date;
      }
      if (vr == "TM")
      {
        return time;
      }
      if (vr == "DT")
      {
        return date + time;
      }
      if (vr == "SQ")
      {
        return key.tag == TAG_CONCEPT_NAME ? MakeUnknownCode() : std::string();
      }
      if (vr == "US" || vr == "UL" || vr == "UV")
      {
        return MakeNumber(vr);
      }
      switch (key.tag)
      {
      case 0x00080008: // ImageType
        return "DERIVED\\SECONDARY";
      case 0x0040A491: // CompletionFlag
        return "PARTIAL";
      case TAG_VERIFICATION_FLAG:
        return "UNVERIFIED";
      case TAG_MIME_TYPE:
        return "application/octet-stream";
      case TAG_MODALITY:
        return "OT";
      default:
        return vr == "IS" ? "1" : "UNKNOWN";
      }
    }

    void CheckPath(std::string_view path)
    {
      constexpr std::string_view ALLOWED = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
      constexpr std::size_t MAX_COMPONENTS = 8;
      constexpr std::size_t MAX_COMPONENT_BYTES = 8;
      std::size_t count = 0;
      for (;;)
      {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string_view component = path.substr(0, end);
        count++;
        if (component.empty() || component.size() > MAX_COMPONENT_BYTES || count > MAX_COMPONENTS ||
            component.find_first_not_of(ALLOWED) != std::string_view::npos)
        {
          throw Failure(FailureKind::Internal, "Not a file ID: components of at most 8 characters");
        }
        if (end == path.size())
        {
          return;
        }
        path.remove_prefix(end + 1);
      }
    }

    std::string MakeFileId(std::string path)
    {
      std::replace(path.begin(), path.end(), '/', '\\');
      return path;
    }

    // Only what cannot be anything else than a UID is shown
    std::string ShowUid(const std::string& uid)
    {
      const bool isUid = !uid.empty() && uid.size() <= MAX_UID_BYTES &&
                         uid.find_first_not_of("0123456789.") == std::string::npos;
      return isUid ? uid : "(not a UID)";
    }

    std::string NormalizeName(std::string name)
    {
      // Empty components at the end mean nothing (PS3.5 6.2)
      name.erase(name.find_last_not_of(" ^=") + 1);
      return name;
    }

    // Groups texts without ambiguity
    std::string JoinKey(std::initializer_list<std::string_view> parts)
    {
      std::string key;
      for (const std::string_view part : parts)
      {
        key += std::to_string(part.size());
        key += ':';
        key += part;
      }
      return key;
    }
  } // namespace

  struct DicomDirBuilder::PImpl
  {
    DicomDirOptions options;
    std::vector<std::string> warnings;
    std::size_t unreportedCount = 0;
    Fingerprint content;

    // Nodes stay where they are, in the order of the files
    std::deque<FileNode> files;
    std::deque<SeriesNode> series;
    std::deque<StudyNode> studies;
    std::deque<PatientNode> patients;
    std::vector<const FileNode*> rootFiles;
    std::vector<std::string> sharedTexts;

    std::unordered_map<std::string, std::size_t> sharedIndex;
    std::unordered_map<std::string, PatientNode*> patientIndex;
    std::unordered_map<std::string, StudyNode*> studyIndex;
    std::unordered_map<std::string, SeriesNode*> seriesIndex;
    std::unordered_map<std::string, const PatientNode*> patientOfStudy;
    std::unordered_map<std::string, const StudyNode*> studyOfSeries;
    std::unordered_set<std::string_view> instances; // texts of "files"
    std::set<std::string> reported;

    void Warn(const std::string& warning)
    {
      if (warnings.size() < MAX_WARNINGS)
      {
        if (reported.insert(warning).second)
        {
          warnings.push_back(warning);
        }
        return;
      }
      unreportedCount++;
      warnings.back() = "Further collisions: " + std::to_string(unreportedCount + 1);
    }

    std::size_t Share(const std::string& text)
    {
      const auto [found, isNew] = sharedIndex.emplace(text, sharedTexts.size());
      if (isNew)
      {
        sharedTexts.push_back(text);
      }
      return found->second;
    }

    PatientNode& FindPatient(const DicomSummary& summary)
    {
      const bool hasId = !IsEmptyValue(summary.patientId);
      const std::string name = NormalizeName(summary.patientNameRaw);
      // Without an ID and a name, nothing says that two studies are of one patient
      const std::string key =
        hasId ? JoinKey({"I", summary.patientId})
              : JoinKey({"N", name, summary.patientBirthDate,
                         name.empty() ? summary.studyInstanceUid : std::string_view()});
      const auto [found, isNew] = patientIndex.emplace(key, nullptr);
      if (isNew)
      {
        patients.emplace_back();
        PatientNode& patient = patients.back();
        found->second = &patient;
        patient.hasOwnId = hasId;
        patient.id = hasId ? summary.patientId : MakePatientId(key);
        patient.name = name;
        patient.keys = summary.patientKeys;
      }
      else if (found->second->name.empty() && !name.empty())
      {
        found->second->name = name;
        found->second->keys = summary.patientKeys;
      }
      else if (!name.empty() && found->second->name != name)
      {
        Warn("Study " + ShowUid(summary.studyInstanceUid) +
             ": its patient has several names; the directory shows the first");
      }
      return *found->second;
    }

    // The same on each medium
    static std::string MakePatientId(const std::string& key)
    {
      constexpr unsigned BASE = 16;
      Fingerprint fingerprint;
      fingerprint.Add(key);
      std::array<char, BASE> digits = {};
      const std::to_chars_result end =
        std::to_chars(digits.data(), digits.data() + digits.size(), fingerprint.GetFirst(), BASE);
      std::string id = "UNKNOWN-" + std::string(digits.data(), end.ptr);
      std::transform(id.begin(), id.end(), id.begin(),
                     [](char c)
                     { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; });
      return id;
    }

    static std::string MakeUid(std::initializer_list<std::string_view> parts)
    {
      Fingerprint fingerprint;
      fingerprint.Add(JoinKey(parts));
      return fingerprint.MakeUid();
    }

    StudyNode& FindStudy(PatientNode& patient, const DicomSummary& summary)
    {
      const bool hasUid = !IsEmptyValue(summary.studyInstanceUid);
      const std::string uid =
        hasUid ? summary.studyInstanceUid : MakeUid({"Study", patient.id, patient.name});
      const std::string own = std::to_string(patient.hasOwnId ? 1 : 0);
      const auto [found, isNew] = studyIndex.emplace(JoinKey({own, patient.id, uid}), nullptr);
      if (isNew)
      {
        const auto [first, isFirst] = patientOfStudy.emplace(uid, &patient);
        if (!isFirst && first->second != &patient)
        {
          Warn("Study " + ShowUid(uid) + " is of several patients; the directory shows it in each");
        }
        studies.emplace_back();
        found->second = &studies.back();
        found->second->uid = uid;
        found->second->keys = summary.studyKeys;
        patient.studies.push_back(found->second);
      }
      else
      {
        AddMissing(found->second->keys, summary.studyKeys, GetStudyKeys());
      }
      SetSubstitutes(*found->second, summary);
      return *found->second;
    }

    static void SetSubstitutes(StudyNode& study, const DicomSummary& summary)
    {
      if (study.substituteDate.empty() && IsPlain(summary.substituteDate))
      {
        study.substituteDate = summary.substituteDate;
      }
      if (study.substituteTime.empty() && IsPlain(summary.substituteTime))
      {
        study.substituteTime = summary.substituteTime;
      }
    }

    SeriesNode& FindSeries(StudyNode& study, const DicomSummary& summary)
    {
      const bool hasUid = !IsEmptyValue(summary.seriesInstanceUid);
      const std::string uid =
        hasUid ? summary.seriesInstanceUid : MakeUid({"Series", study.uid, summary.modality});
      const std::string place =
        std::to_string(reinterpret_cast<std::uintptr_t>(&study)); // one study UID, several patients
      const auto [found, isNew] = seriesIndex.emplace(JoinKey({place, uid}), nullptr);
      if (isNew)
      {
        const auto [first, isFirst] = studyOfSeries.emplace(uid, &study);
        if (!isFirst && first->second != &study && first->second->uid != study.uid)
        {
          Warn("Series " + ShowUid(uid) + " is of several studies; the directory shows it in each");
        }
        series.emplace_back();
        found->second = &series.back();
        found->second->uid = uid;
        found->second->keys = summary.seriesKeys;
        study.series.push_back(found->second);
      }
      else
      {
        AddMissing(found->second->keys, summary.seriesKeys, GetSeriesKeys());
      }
      return *found->second;
    }

    const FileNode& AddFile(const std::string& path, const DicomSummary& summary)
    {
      files.emplace_back();
      FileNode& file = files.back();
      file.path = path;
      file.keys = summary.instanceKeys;
      file.sopInstanceUid = summary.sopInstanceUid;
      file.sopClass = Share(summary.sopClassUid);
      file.transferSyntax = Share(summary.transferSyntaxUid);
      file.privateRecordUid = Share(summary.privateRecordUid);
      file.type = &GetRecordType(summary.recordType);
      if (!instances.insert(file.sopInstanceUid).second)
      {
        Warn("SOP Instance " + ShowUid(file.sopInstanceUid) +
             " is in several files; the directory refers to each");
      }
      content.Add(path);
      content.Add(summary.sopInstanceUid);
      content.Add(summary.patientKeys);
      content.Add(summary.studyKeys);
      content.Add(summary.seriesKeys);
      content.Add(summary.instanceKeys);
      return file;
    }

    // ---- Records ----------------------------------------------------------------------------------

    // Keys of each record, and its file if it is of an instance, depth first
    using Visitor =
      std::function<void(RecordLevel, const std::string& keys, const char* type, const FileNode*)>;

    std::string GetDate(const StudyNode& study) const
    {
      return study.substituteDate.empty() ? options.fallbackDate : study.substituteDate;
    }

    std::string GetTime(const StudyNode& study) const
    {
      return study.substituteTime.empty() ? options.fallbackTime : study.substituteTime;
    }

    void Visit(const Visitor& visitor) const
    {
      for (const PatientNode& patient : patients)
      {
        const Inventor invent = [&](const DirectoryKey&) { return patient.id; };
        visitor(RecordLevel::Root, CompleteKeys(patient.keys, GetPatientKeys(), invent), "PATIENT",
                nullptr);
        VisitStudies(patient, visitor);
      }
      for (const FileNode* file : rootFiles)
      {
        const Inventor invent = [&](const DirectoryKey& key)
        { return Invent(key, options.fallbackDate, options.fallbackTime); };
        visitor(RecordLevel::Root, CompleteKeys(file->keys, file->type->keys, invent),
                file->type->name.c_str(), file);
      }
    }

    void VisitStudies(const PatientNode& patient, const Visitor& visitor) const
    {
      Counter studyIds;
      for (const StudyNode* study : patient.studies)
      {
        studyIds.Take(study->keys, TAG_STUDY_ID);
      }
      for (const StudyNode* study : patient.studies)
      {
        const Inventor invent = [&](const DirectoryKey& key)
        {
          return key.tag == TAG_STUDY_INSTANCE_UID ? study->uid
                 : key.tag == TAG_STUDY_ID         ? studyIds.Next()
                                                   : Invent(key, GetDate(*study), GetTime(*study));
        };
        const std::string keys = CompleteKeys(study->keys, GetStudyKeys(), invent);
        visitor(RecordLevel::Study, keys, "STUDY", nullptr);
        VisitSeries(*study, keys, visitor);
      }
    }

    void
    VisitSeries(const StudyNode& study, const std::string& studyKeys, const Visitor& visitor) const
    {
      const std::string date(FindValue(studyKeys, TAG_STUDY_DATE).value_or(""));
      const std::string time(FindValue(studyKeys, TAG_STUDY_TIME).value_or(""));
      Counter numbers;
      for (const SeriesNode* node : study.series)
      {
        numbers.Take(node->keys, TAG_SERIES_NUMBER);
      }
      for (const SeriesNode* node : study.series)
      {
        const Inventor invent = [&](const DirectoryKey& key)
        {
          return key.tag == TAG_SERIES_INSTANCE_UID ? node->uid
                 : key.tag == TAG_SERIES_NUMBER     ? numbers.Next()
                                                    : Invent(key, date, time);
        };
        visitor(RecordLevel::Series, CompleteKeys(node->keys, GetSeriesKeys(), invent), "SERIES",
                nullptr);
        VisitFiles(*node, date, time, visitor);
      }
    }

    static void VisitFiles(const SeriesNode& node,
                           const std::string& date,
                           const std::string& time,
                           const Visitor& visitor)
    {
      Counter numbers;
      for (const FileNode* file : node.files)
      {
        numbers.Take(file->keys, TAG_INSTANCE_NUMBER);
      }
      const Inventor invent = [&](const DirectoryKey& key)
      { return key.tag == TAG_INSTANCE_NUMBER ? numbers.Next() : Invent(key, date, time); };
      for (const FileNode* file : node.files)
      {
        visitor(RecordLevel::Instance, CompleteKeys(file->keys, file->type->keys, invent),
                file->type->name.c_str(), file);
      }
    }

    // ---- Bytes ------------------------------------------------------------------------------------

    struct RecordPlace
    {
      RecordLevel level;
      std::uint32_t offset;
      std::uint32_t next = 0;
      std::uint32_t lower = 0;
    };

    // PS3.3 F.3.2.2; offsets are from the beginning of the preamble
    std::string MakeRecord(const RecordPlace& place,
                           const std::string& keys,
                           const char* type,
                           const FileNode* file) const
    {
      std::string next;
      std::string lower;
      std::string isInUse;
      AppendUint32(next, place.next);
      AppendUint32(lower, place.lower);
      AppendUint16(isInUse, 0xFFFF);

      std::string record;
      AppendElement(record, 0x00041400, "UL", next);
      AppendElement(record, 0x00041410, "US", isInUse);
      AppendElement(record, 0x00041420, "UL", lower);
      AppendElement(record, 0x00041430, "CS", type);
      if (file != nullptr)
      {
        if (std::string_view(type) == "PRIVATE")
        {
          AppendElement(record, 0x00041432, "UI", sharedTexts[file->privateRecordUid]);
        }
        AppendElement(record, 0x00041500, "CS", MakeFileId(file->path));
        AppendElement(record, 0x00041510, "UI", sharedTexts[file->sopClass]);
        AppendElement(record, 0x00041511, "UI", file->sopInstanceUid);
        AppendElement(record, 0x00041512, "UI", sharedTexts[file->transferSyntax]);
      }
      record.append(keys);

      std::string item;
      AppendTag(item, ITEM);
      AppendUint32(item, static_cast<std::uint32_t>(record.size()));
      return item + record;
    }

    // PS3.10 7.1
    std::string MakeMetaHeader() const
    {
      std::string meta;
      AppendElement(meta, 0x00020001, "OB", std::string_view("\0\1", 2));
      AppendElement(meta, 0x00020002, "UI", DIRECTORY_SOP_CLASS);
      AppendElement(meta, 0x00020003, "UI", content.MakeUid());
      AppendElement(meta, 0x00020010, "UI", EXPLICIT_LITTLE_ENDIAN);
      AppendElement(meta, 0x00020012, "UI", IMPLEMENTATION_CLASS_UID);
      AppendElement(meta, 0x00020013, "SH", IMPLEMENTATION_VERSION);

      std::string length;
      AppendUint32(length, static_cast<std::uint32_t>(meta.size()));
      std::string header(PREAMBLE_BYTES, '\0');
      header += "DICM";
      AppendElement(header, 0x00020000, "UL", length);
      return header + meta;
    }

    // PS3.3 F.3.2.2, up to the first record
    std::string
    MakeHeader(std::uint32_t first, std::uint32_t last, std::uint32_t recordsBytes) const
    {
      std::string firstBytes;
      std::string lastBytes;
      AppendUint32(firstBytes, first);
      AppendUint32(lastBytes, last);

      std::string header = MakeMetaHeader();
      AppendElement(header, 0x00041130, "CS", options.fileSetId);
      if (!options.descriptorFileId.empty())
      {
        AppendElement(header, 0x00041141, "CS", MakeFileId(options.descriptorFileId));
      }
      AppendElement(header, 0x00041200, "UL", firstBytes);
      AppendElement(header, 0x00041202, "UL", lastBytes);
      AppendElement(header, 0x00041212, "US",
                    std::string_view("\0\0", 2)); // no known inconsistency
      AppendTag(header, 0x00041220);
      header += "SQ";
      AppendUint16(header, 0);
      AppendUint32(header, recordsBytes);
      return header;
    }

    // Where each record is, depth first. "total" is where they end
    std::vector<RecordPlace> MakePlaces(std::uint64_t& total) const
    {
      std::vector<RecordPlace> places;
      total = MakeHeader(0, 0, 0).size();
      Visit(
        [&](RecordLevel level, const std::string& keys, const char* type, const FileNode* file)
        {
          const RecordPlace place{level, static_cast<std::uint32_t>(total)};
          total += MakeRecord(place, keys, type, file).size();
          if (total > std::numeric_limits<std::uint32_t>::max() - 1)
          {
            throw Failure(FailureKind::TooLarge, "A DICOMDIR cannot be longer than 4 GiB");
          }
          places.push_back(place);
        });
      LinkPlaces(places);
      return places;
    }

    static void LinkPlaces(std::vector<RecordPlace>& places)
    {
      std::array<std::uint32_t, 4> following = {};
      for (std::size_t i = places.size(); i-- > 0;)
      {
        const std::size_t level = static_cast<std::size_t>(places[i].level);
        places[i].next = following[level];
        places[i].lower = level + 1 < following.size() ? following[level + 1] : 0;
        following[level] = places[i].offset;
        std::fill(following.begin() + static_cast<std::ptrdiff_t>(level) + 1, following.end(), 0);
      }
    }

    static std::uint32_t GetLastRoot(const std::vector<RecordPlace>& places)
    {
      const auto found =
        std::find_if(places.rbegin(), places.rend(),
                     [](const RecordPlace& place) { return place.level == RecordLevel::Root; });
      return found == places.rend() ? 0 : found->offset;
    }
  };

  DicomDirBuilder::DicomDirBuilder(const DicomDirOptions& options)
    : pimpl_(std::make_unique<PImpl>())
  {
    pimpl_->options = options;
    if (IsEmptyValue(options.fallbackDate))
    {
      pimpl_->options.fallbackDate = "19000101";
    }
    if (IsEmptyValue(options.fallbackTime))
    {
      pimpl_->options.fallbackTime = "000000";
    }
    if (!options.descriptorFileId.empty())
    {
      pimpl_->content.Add(options.descriptorFileId);
    }
    pimpl_->content.Add(options.fileSetId);
  }

  DicomDirBuilder::~DicomDirBuilder() = default;

  void DicomDirBuilder::Add(const std::string& path, const DicomSummary& summary)
  {
    CheckPath(path);
    const FileNode& file = pimpl_->AddFile(path, summary);
    if (file.type->isRoot)
    {
      pimpl_->rootFiles.push_back(&file);
      return;
    }
    PatientNode& patient = pimpl_->FindPatient(summary);
    StudyNode& study = pimpl_->FindStudy(patient, summary);
    pimpl_->FindSeries(study, summary).files.push_back(&file);
  }

  void DicomDirBuilder::Write(IByteSink& sink) const
  {
    constexpr std::size_t PIECE_BYTES = 64 * 1024;
    std::uint64_t total = 0;
    const std::vector<PImpl::RecordPlace> places = pimpl_->MakePlaces(total);
    const std::uint32_t first = places.empty() ? 0 : places.front().offset;
    const std::uint32_t recordsBytes =
      places.empty() ? 0 : static_cast<std::uint32_t>(total - first);

    std::string piece = pimpl_->MakeHeader(first, PImpl::GetLastRoot(places), recordsBytes);
    std::size_t index = 0;
    pimpl_->Visit(
      [&](RecordLevel, const std::string& keys, const char* type, const FileNode* file)
      {
        piece += pimpl_->MakeRecord(places[index++], keys, type, file);
        if (piece.size() >= PIECE_BYTES)
        {
          sink.Write(piece.data(), piece.size());
          piece.clear();
        }
      });
    if (!piece.empty())
    {
      sink.Write(piece.data(), piece.size());
    }
  }

  std::uint64_t DicomDirBuilder::GetSizeBytes() const
  {
    std::uint64_t total = 0;
    pimpl_->MakePlaces(total);
    return total;
  }

  const std::vector<std::string>& DicomDirBuilder::GetWarnings() const
  {
    return pimpl_->warnings;
  }
} // namespace OrthancPlugins
