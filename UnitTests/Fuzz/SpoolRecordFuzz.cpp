// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "FuzzTarget.h"

#include "../../Plugin/Core/Notify/DeliveryRecordJson.h"
#include "../../Plugin/Core/Spool/ArchiveRecordJson.h"
#include "../../Plugin/Core/Spool/SpoolNames.h"

namespace OrthancPlugins
{
  namespace
  {
    void CheckName(const std::string& name)
    {
      const std::optional<SpoolName> parsed = SpoolNames::Parse(name);
      if (!parsed.has_value())
      {
        return;
      }
      const SpoolNames names("/spool");
      Require(name.find('/') == std::string::npos && name != "..", "no name leaves the spool");
      Require(names.GetPath(*parsed) == "/spool/" + name, "a name is made as it is parsed");
      switch (parsed->kind)
      {
      case SpoolFile::Record:
        Require(names.GetRecordPath(parsed->id) == names.GetPath(*parsed), "records");
        break;
      case SpoolFile::Archive:
        Require(names.GetArchivePath(parsed->id) == names.GetPath(*parsed), "archives");
        break;
      case SpoolFile::Part:
        Require(names.GetPartPath(parsed->id) == names.GetPath(*parsed), "parts");
        break;
      case SpoolFile::Journal:
        Require(names.GetJournalPath(parsed->id) == names.GetPath(*parsed), "journals");
        break;
      case SpoolFile::Link:
        Require(names.GetLinkPath(parsed->id) == names.GetPath(*parsed), "links");
        break;
      default:
        break;
      }
    }

    void CheckText(std::string_view text)
    {
      Succeeds(
        [&]
        {
          const std::string ours = FormatArchiveRecord(ParseArchiveRecord(text));
          Require(FormatArchiveRecord(ParseArchiveRecord(ours)) == ours, "a record has one form");
        });
      Succeeds(
        [&]
        {
          const std::string ours = FormatDeliveryRecord(ParseDeliveryRecord(text));
          Require(FormatDeliveryRecord(ParseDeliveryRecord(ours)) == ours,
                  "a delivery has one form");
        });
    }

    // Texts from requests, whatever their bytes
    void CheckValues(FuzzInput& input)
    {
      ArchiveRecord record;
      record.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
      record.createdMicroseconds = 1;
      record.owner = input.TakeText('\0');
      record.idempotencyKey = input.TakeText('\0');
      record.failureText = input.TakeText('\0');
      record.request.resources = {input.TakeText('\0')};
      record.request.filename = input.TakeText('\0') + "x";
      record.request.priority = static_cast<int>(input.TakeNumber());
      record.sizeBytes = input.TakeNumber();
      const std::string text = FormatArchiveRecord(record);
      const ArchiveRecord again = ParseArchiveRecord(text);
      Require(FormatArchiveRecord(again) == text, "a record can be read again");
      Require(again.owner == record.owner, "the owner stays the same");
      Require(again.idempotencyKey == record.idempotencyKey, "the key stays the same");
      Require(again.request.resources == record.request.resources, "resources stay the same");
      Require(again.request.filename == record.request.filename, "the file name stays the same");
      Require(again.request.priority == record.request.priority &&
                again.sizeBytes == record.sizeBytes,
              "numbers stay the same");
    }
  } // namespace

  void FuzzSpoolRecord(std::string_view bytes)
  {
    CheckText(bytes);
    FuzzInput input(bytes);
    CheckName(std::string(bytes));
    CheckValues(input);
  }
} // namespace OrthancPlugins
