// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Core/Failure.h"
#include "../../Plugin/Host/OrthancInstanceReader.h"
#include "../Fakes/FakeOrthanc.h"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace OrthancPlugins
{
  namespace
  {
    const std::string UUID = "0123abcd-89ef-4567-89ab-0123456789ab";
    const std::string EXPLICIT = "1.2.840.10008.1.2.1";
    const std::string JPEG = "1.2.840.10008.1.2.4.70";

    std::string MakeFile(const std::string& transferSyntax)
    {
      const std::string uid =
        transferSyntax.size() % 2 == 0 ? transferSyntax : transferSyntax + std::string(1, '\0');
      std::string file(128, '\0');
      file += "DICM";
      file += std::string("\x02\0\0\0UL\x04\0\0\0\0\0", 12);
      file += std::string("\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01", 14);
      file += std::string("\x02\0\x10\0UI", 6) + static_cast<char>(uid.size()) + '\0' + uid;
      return file + std::string("\x08\0\x05\0CS\x0a\0ISO_IR 100", 18) + std::string(1000, 'p');
    }

    class Storage
    {
    public:
      Storage()
      {
        char name[] = "/tmp/OrthancInstanceReaderXXXXXX";
        directory_ = mkdtemp(name);
        std::filesystem::create_directories(GetPath().parent_path());
        settings.host.hasDirectStorage = true;
        settings.host.storageDirectory = directory_.string();
      }
      ~Storage()
      {
        std::error_code ignored;
        std::filesystem::remove_all(directory_, ignored);
      }
      Storage(const Storage&) = delete;
      Storage& operator=(const Storage&) = delete;

      std::filesystem::path GetPath() const { return directory_ / "01" / "23" / UUID; }

      void Write(const std::string& content) const
      {
        std::ofstream(GetPath(), std::ios::binary) << content;
      }

      Settings settings;

    private:
      std::filesystem::path directory_;
    };

    StoredInstance MakeInstance(const std::string& content)
    {
      StoredInstance instance;
      instance.id = "i";
      instance.sizeBytes = content.size();
      instance.attachmentUuid = UUID;
      return instance;
    }

    std::string ReadAll(const IInstanceData& data)
    {
      std::vector<unsigned char> scratch;
      const std::size_t size = static_cast<std::size_t>(data.GetSizeBytes());
      return std::string(static_cast<const char*>(data.Read(0, size, scratch)), size);
    }
  } // namespace

  TEST(OrthancInstanceReader, PathOfAnAttachment)
  {
    EXPECT_EQ("/s/01/23/" + UUID, MakeAttachmentPath("/s", UUID));
    for (const std::string& bad :
         {std::string(), std::string("../../../../etc/passwd"), UUID + "x", UUID.substr(1),
          "/" + UUID.substr(1), std::string("0123abcd-89ef-4567-89ab-0123456789a/"),
          std::string("0123abcd089ef-4567-89ab-0123456789ab"),
          std::string("0123abcd-89ef-4567-89ab-0123456789g1"),
          std::string("..23abcd-89ef-4567-89ab-0123456789ab")})
    {
      EXPECT_EQ("", MakeAttachmentPath("/s", bad)) << bad;
    }
  }

  TEST(OrthancInstanceReader, FileOfTheStorageIsReadInRanges)
  {
    FakeOrthanc host("1.12.7");
    Storage storage;
    const std::string content = MakeFile(EXPLICIT);
    storage.Write(content);
    const OrthancInstanceReader reader(host.GetContext(), storage.settings, host.GetVersion());

    const std::unique_ptr<IInstanceData> data = reader.OpenInstance(MakeInstance(content));

    EXPECT_EQ(0u, host.readFiles);
    EXPECT_EQ(content.size(), data->GetSizeBytes());
    EXPECT_EQ(0u, data->GetMemoryBytes());
    EXPECT_EQ(content, ReadAll(*data));
    std::vector<unsigned char> scratch;
    EXPECT_EQ("DICM", std::string(static_cast<const char*>(data->Read(128, 4, scratch)), 4));
    EXPECT_THROW(data->Read(content.size() - 1, 2, scratch), Failure);
    EXPECT_THROW(data->Read(~std::uint64_t(0), 2, scratch), Failure);
  }

  TEST(OrthancInstanceReader, RemovedFileStaysReadableAndTruncatedOneFails)
  {
    FakeOrthanc host("1.12.7");
    Storage storage;
    const std::string content = MakeFile(EXPLICIT);
    storage.Write(content);
    const OrthancInstanceReader reader(host.GetContext(), storage.settings, host.GetVersion());
    const std::unique_ptr<IInstanceData> data = reader.OpenInstance(MakeInstance(content));

    ASSERT_EQ(0, truncate(storage.GetPath().c_str(), 10));

    EXPECT_THROW(ReadAll(*data), Failure);

    storage.Write(content);
    const std::unique_ptr<IInstanceData> other = reader.OpenInstance(MakeInstance(content));
    std::filesystem::remove(storage.GetPath());
    EXPECT_EQ(content, ReadAll(*other));
  }

  TEST(OrthancInstanceReader, EverythingElseGoesThroughTheHost)
  {
    const std::string content = MakeFile(EXPLICIT);
    struct Row
    {
      const char* what;
      std::string file;
      std::function<void(Storage&, StoredInstance&)> change;
    };
    const Row rows[] = {
      {"switched off", content,
       [](Storage& s, StoredInstance&) { s.settings.archive.readsStorageDirectly = false; }},
      {"storage plugin", content,
       [](Storage& s, StoredInstance&) { s.settings.host.hasDirectStorage = false; }},
      {"compressed", content, [](Storage&, StoredInstance& i) { i.isStorageCompressed = true; }},
      {"no UUID", content, [](Storage&, StoredInstance& i) { i.attachmentUuid = "x"; }},
      {"other size", content, [](Storage&, StoredInstance& i) { i.sizeBytes++; }},
      {"no file", content,
       [](Storage& s, StoredInstance&) { std::filesystem::remove(s.GetPath()); }},
      {"symbolic link", content,
       [](Storage& s, StoredInstance&)
       {
         std::filesystem::rename(s.GetPath(), s.GetPath().string() + "x");
         std::filesystem::create_symlink(s.GetPath().string() + "x", s.GetPath());
       }},
      {"pipe", content,
       [](Storage& s, StoredInstance&)
       {
         std::filesystem::remove(s.GetPath());
         ASSERT_EQ(0, mkfifo(s.GetPath().c_str(), 0600));
       }},
      {"looks compressed", std::string("\x10\0\0\0\0\0\0\0", 8) + "........",
       [](Storage&, StoredInstance&) {}},
    };
    for (const Row& row : rows)
    {
      FakeOrthanc host("1.10.1");
      Storage storage;
      storage.Write(row.file);
      host.files["i"] = "from the host";
      StoredInstance instance = MakeInstance(row.file);
      row.change(storage, instance);
      const OrthancInstanceReader reader(host.GetContext(), storage.settings, host.GetVersion());

      const std::unique_ptr<IInstanceData> data = reader.OpenInstance(instance);

      EXPECT_EQ("from the host", ReadAll(*data)) << row.what;
      EXPECT_EQ(13u, data->GetMemoryBytes()) << row.what;
      EXPECT_EQ(1u, host.readFiles) << row.what;
    }
  }

  TEST(OrthancInstanceReader, UnreadableInstanceIsNamed)
  {
    FakeOrthanc host("1.10.1");
    const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());

    try
    {
      reader.OpenInstance(MakeInstance("x"));
      FAIL();
    }
    catch (const Failure& failure)
    {
      EXPECT_EQ(FailureKind::SourceMissing, failure.GetKind());
      EXPECT_STREQ("Cannot read instance i", failure.what());
    }
  }

  TEST(OrthancInstanceReader, TransferSyntaxOfAFile)
  {
    const std::string file = MakeFile(JPEG);

    EXPECT_EQ(JPEG, ReadTransferSyntax(file.data(), file.size()));
    EXPECT_EQ(EXPLICIT, ReadTransferSyntax(MakeFile(EXPLICIT).data(), file.size()));
    EXPECT_EQ("", ReadTransferSyntax(nullptr, 0));
    EXPECT_EQ("", ReadTransferSyntax(file.data() + 1, file.size() - 1));
    for (std::size_t size = 0; size < 128 + 4 + 12 + 14 + 8 + 22; size++)
    {
      const std::string cut = file.substr(0, size);
      EXPECT_EQ("", ReadTransferSyntax(cut.data(), cut.size())) << size;
    }
    std::string huge = file;
    huge.replace(128 + 4 + 12 + 8, 4, "\xff\xff\xff\xff");
    EXPECT_EQ("", ReadTransferSyntax(huge.data(), huge.size()));
    const std::string without = file.substr(0, 132 + 26) + file.substr(132 + 26 + 8 + 22);
    EXPECT_EQ("", ReadTransferSyntax(without.data(), without.size()));
  }

  TEST(OrthancInstanceReader, FileInTheTargetSyntaxIsNotTranscoded)
  {
    for (const char* version : {"1.10.1", "1.12.7", "1.13.0"})
    {
      FakeOrthanc host(version);
      host.files["i"] = MakeFile(JPEG);
      StoredInstance instance = MakeInstance(host.files["i"]);
      instance.transferSyntaxUid = JPEG;
      const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());

      EXPECT_EQ(host.files["i"], ReadAll(*reader.OpenTranscoded(instance, {JPEG, std::nullopt})));
      EXPECT_TRUE(host.calls.empty());
    }
  }

  TEST(OrthancInstanceReader, NewHostTranscodesByItsRoute)
  {
    FakeOrthanc host("1.12.7");
    host.files["i"] = MakeFile(EXPLICIT);
    host.uris["GET /instances/i/file?transcode=" + JPEG] = MakeFile(JPEG);
    host.uris["GET /instances/i/file?transcode=" + JPEG + "&lossy-quality=70"] =
      MakeFile(JPEG) + "70";
    const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());
    const StoredInstance instance = MakeInstance("x");

    EXPECT_EQ(MakeFile(JPEG), ReadAll(*reader.OpenTranscoded(instance, {JPEG, std::nullopt})));
    EXPECT_EQ(MakeFile(JPEG) + "70", ReadAll(*reader.OpenTranscoded(instance, {JPEG, 70u})));
    EXPECT_EQ(nullptr, reader.OpenTranscoded(instance, {"1.2.840.10008.1.2.4.90", std::nullopt}));
  }

  TEST(OrthancInstanceReader, AnswerInAnotherSyntaxIsNoSuccess)
  {
    FakeOrthanc host("1.13.0");
    host.files["i"] = MakeFile(EXPLICIT);
    host.uris["GET /instances/i/file?transcode=" + JPEG] = MakeFile(EXPLICIT);
    const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());

    EXPECT_EQ(nullptr, reader.OpenTranscoded(MakeInstance("x"), {JPEG, std::nullopt}));
  }

  TEST(OrthancInstanceReader, UnreadableIsToldFromUntranscodable)
  {
    for (const char* version : {"1.10.1", "1.13.0"})
    {
      FakeOrthanc host(version);
      const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());

      EXPECT_THROW(reader.OpenTranscoded(MakeInstance("x"), {JPEG, std::nullopt}), Failure);
    }
  }

  TEST(OrthancInstanceReader, OldHostTranscodesByItsService)
  {
    FakeOrthanc host("1.10.1");
    host.files["i"] = MakeFile(EXPLICIT);
    host.transcoder = [](const std::string& file, const std::string& uid)
    {
      EXPECT_EQ(MakeFile(EXPLICIT), file);
      return uid == JPEG    ? std::optional<std::string>(MakeFile(JPEG))
             : uid == "1.9" ? std::optional<std::string>(MakeFile(EXPLICIT))
                            : std::nullopt;
    };
    const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());
    const StoredInstance instance = MakeInstance("x");

    EXPECT_EQ(MakeFile(JPEG), ReadAll(*reader.OpenTranscoded(instance, {JPEG, std::nullopt})));
    EXPECT_EQ(nullptr, reader.OpenTranscoded(instance, {"1.2.3", std::nullopt}));
    EXPECT_EQ(nullptr, reader.OpenTranscoded(instance, {"1.9", std::nullopt}));
    EXPECT_EQ(MakeFile(EXPLICIT), ReadAll(*reader.OpenTranscoded(instance, {EXPLICIT, 80u})));
    EXPECT_EQ(0u, host.openedInstances);
    EXPECT_TRUE(host.calls.empty());
  }

  TEST(OrthancInstanceReader, QualityOnOldHostsIsOursAlone)
  {
    FakeOrthanc host("1.10.1");
    host.files["i"] = MakeFile(EXPLICIT); // no image
    host.transcoder = [](const std::string&, const std::string&)
    {
      ADD_FAILURE() << "The host would use its own quality";
      return std::optional<std::string>();
    };
    const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());

    EXPECT_EQ(nullptr, reader.OpenTranscoded(MakeInstance("x"), {"1.2.840.10008.1.2.4.50", 70u}));
  }

  TEST(OrthancInstanceReader, OnlyTransferSyntaxesBecomePartOfAPath)
  {
    FakeOrthanc host("1.12.7");
    const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());

    for (const char* bad : {"", "1.2&x=y", "JPEG", "1.2/../.."})
    {
      EXPECT_THROW(reader.OpenTranscoded(MakeInstance("x"), {bad, std::nullopt}), Failure) << bad;
    }
    EXPECT_TRUE(host.calls.empty());
  }

  TEST(OrthancInstanceReader, WhatMayPassIsNotMissing)
  {
    FakeOrthanc host("1.12.7");
    const OrthancInstanceReader reader(host.GetContext(), Settings(), host.GetVersion());
    for (const auto& [code, kind] :
         {std::make_pair(OrthancPluginErrorCode_DatabaseUnavailable, FailureKind::Unavailable),
          std::make_pair(OrthancPluginErrorCode_DatabaseNotInitialized, FailureKind::Unavailable),
          std::make_pair(OrthancPluginErrorCode_Timeout, FailureKind::Unavailable),
          std::make_pair(OrthancPluginErrorCode_InexistentFile, FailureKind::SourceMissing),
          std::make_pair(OrthancPluginErrorCode_UnknownResource, FailureKind::SourceMissing),
          std::make_pair(OrthancPluginErrorCode_StorageAreaPlugin, FailureKind::SourceMissing)})
    {
      host.failing[_OrthancPluginService_GetDicomForInstance] = code;
      try
      {
        reader.OpenInstance(MakeInstance("x"));
        ADD_FAILURE() << "Nothing was thrown";
      }
      catch (const Failure& failure)
      {
        EXPECT_EQ(kind, failure.GetKind()) << code;
      }
    }
  }
} // namespace OrthancPlugins
