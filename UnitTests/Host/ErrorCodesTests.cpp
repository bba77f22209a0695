// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Host/ErrorCodes.h"
#include "../Fakes/FakeOrthanc.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  namespace
  {
    struct Row
    {
      FailureKind kind;
      int code;
      unsigned status; // that the host gives to the code
    };

    const Row BUILT_IN[] = {
      {FailureKind::BadRequest, 8, 400},     {FailureKind::BadFormat, 15, 400},
      {FailureKind::BadType, 5, 400},        {FailureKind::OutOfRange, 3, 400},
      {FailureKind::NotFound, 7, 404},       {FailureKind::UnknownResource, 17, 404},
      {FailureKind::Canceled, 37, 500},      {FailureKind::ClientGone, 9, 500},
      {FailureKind::CannotWrite, 14, 500},   {FailureKind::StorageFull, 19, 500},
      {FailureKind::SourceMissing, 20, 500}, {FailureKind::NotTranscodable, 2, 500},
      {FailureKind::Internal, -1, 500},
    };
  } // namespace

  TEST(ErrorCodes, EachKindHasTheCodeWithItsStatus)
  {
    for (const Row& row : BUILT_IN)
    {
      EXPECT_EQ(row.code, static_cast<int>(ToErrorCode(row.kind)));
      EXPECT_EQ(row.status, GetHttpStatus(ToErrorCode(row.kind))) << row.code;
    }
  }

  TEST(ErrorCodes, CodesComeBackAsTheirKind)
  {
    for (const Row& row : BUILT_IN)
    {
      if (row.kind != FailureKind::NotTranscodable) // any failed call may give code 2
      {
        EXPECT_EQ(row.kind, ToFailureKind(static_cast<OrthancPluginErrorCode>(row.code)))
          << row.code;
      }
    }
    EXPECT_EQ(FailureKind::Internal, ToFailureKind(OrthancPluginErrorCode_NotImplemented));
    EXPECT_EQ(FailureKind::SourceMissing, ToFailureKind(OrthancPluginErrorCode_InexistentFile));
    EXPECT_EQ(FailureKind::Unavailable,
              ToFailureKind(OrthancPluginErrorCode_DatabaseNotInitialized));
    EXPECT_EQ(FailureKind::BadFormat, ToFailureKind(OrthancPluginErrorCode_BadJson));
  }

  TEST(ErrorCodes, StatusOfTheHostsOwnCodes)
  {
    EXPECT_EQ(400u, GetHttpStatus(OrthancPluginErrorCode_CreateDicomParentIsInstance));
    EXPECT_EQ(500u, GetHttpStatus(OrthancPluginErrorCode_CreateDicomParentEncoding));
    EXPECT_EQ(401u, GetHttpStatus(OrthancPluginErrorCode_Unauthorized));
    EXPECT_EQ(403u, GetHttpStatus(static_cast<OrthancPluginErrorCode>(45)));
    EXPECT_EQ(409u, GetHttpStatus(static_cast<OrthancPluginErrorCode>(46)));
    EXPECT_EQ(500u, GetHttpStatus(static_cast<OrthancPluginErrorCode>(44)));
    EXPECT_EQ(503u, GetHttpStatus(OrthancPluginErrorCode_DatabaseUnavailable));
    EXPECT_EQ(500u, GetHttpStatus(OrthancPluginErrorCode_NotEnoughMemory));
  }

  TEST(ErrorCodes, OtherStatusesAreRegistered)
  {
    FakeOrthanc host("1.10.1");

    RegisterErrorCodes(host.GetContext());

    for (const auto& [kind, status] :
         {std::make_pair(FailureKind::NotAllowed, 405u),
          std::make_pair(FailureKind::Conflict, 409u), std::make_pair(FailureKind::TooLarge, 413u),
          std::make_pair(FailureKind::RangeInvalid, 416u),
          std::make_pair(FailureKind::NotImplemented, 501u),
          std::make_pair(FailureKind::Unavailable, 503u)})
    {
      const std::size_t index = static_cast<std::size_t>(ToErrorCode(kind)) - 1000000;
      ASSERT_LT(index, host.errorCodes.size());
      EXPECT_EQ(status, host.errorCodes[index].first);
    }
    ClearErrorCodes();
    EXPECT_EQ(OrthancPluginErrorCode_InternalError, ToErrorCode(FailureKind::Conflict));
  }

  TEST(ErrorCodes, FailedCallNamesTheCallAndTheCode)
  {
    EXPECT_NO_THROW(CheckHostCall(OrthancPluginErrorCode_Success, "GET /x"));
    try
    {
      CheckHostCall(OrthancPluginErrorCode_InexistentItem, "GET /x");
      FAIL();
    }
    catch (const Failure& failure)
    {
      EXPECT_EQ(FailureKind::NotFound, failure.GetKind());
      EXPECT_STREQ("GET /x: error 7 of Orthanc", failure.what());
    }
  }

  TEST(ErrorCodes, NetworkErrorOfACallIsNotOurClient)
  {
    try
    {
      CheckHostCall(OrthancPluginErrorCode_NetworkProtocol, "GET /x");
      FAIL();
    }
    catch (const Failure& failure)
    {
      EXPECT_EQ(FailureKind::Internal, failure.GetKind());
    }
  }
} // namespace OrthancPlugins
