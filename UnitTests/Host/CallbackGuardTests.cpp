// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "../../Plugin/Host/CallbackGuard.h"
#include "../Fakes/FakeOrthanc.h"

#include <gtest/gtest.h>

namespace OrthancPlugins
{
  TEST(CallbackGuard, SuccessIsSuccess)
  {
    FakeOrthanc host("1.12.7");

    EXPECT_EQ(OrthancPluginErrorCode_Success, GuardCallback("Test", [] {}));
    EXPECT_EQ("", host.GetLog());
  }

  TEST(CallbackGuard, NoExceptionEscapes)
  {
    FakeOrthanc host("1.12.7");

    EXPECT_EQ(7, static_cast<int>(
                   GuardCallback("Test", [] { throw Failure(FailureKind::NotFound, "None"); })));
    EXPECT_EQ(4, static_cast<int>(GuardCallback("Test", [] { throw std::bad_alloc(); })));
    EXPECT_EQ(-1, static_cast<int>(GuardCallback("Test", [] { throw std::out_of_range("x"); })));
    EXPECT_EQ(-1, static_cast<int>(GuardCallback("Test", [] { throw 42; })));
  }

  TEST(CallbackGuard, LogSaysWhatFailedByItsWeight)
  {
    const std::pair<FailureKind, char> ROWS[] = {
      {FailureKind::BadRequest, 'I'},   {FailureKind::ClientGone, 'I'},
      {FailureKind::TooLarge, 'W'},     {FailureKind::Unavailable, 'W'},
      {FailureKind::Internal, 'E'},     {FailureKind::StorageFull, 'E'},
      {FailureKind::SourceMissing, 'E'}};
    for (const auto& [kind, level] : ROWS)
    {
      FakeOrthanc host("1.12.7");
      FakeOrthanc::Answer answer;

      GuardRestCallback(host.GetContext(), answer.GetOutput(), "Request",
                        [kind = kind] { throw Failure(kind, "The reason"); });

      EXPECT_EQ(std::string(1, level) + " Request: The reason\n", host.GetLog());
    }
  }

  TEST(CallbackGuard, CallbackWithoutClientFailsAloud)
  {
    for (const FailureKind kind :
         {FailureKind::BadFormat, FailureKind::OutOfRange, FailureKind::Internal})
    {
      FakeOrthanc host("1.12.7");

      GuardCallback("Starting", [kind] { throw Failure(kind, "The reason"); });

      EXPECT_EQ("E Starting: The reason\n", host.GetLog());
    }
  }

  TEST(CallbackGuard, ForeignTextsStayOutOfLogAndAnswer)
  {
    FakeOrthanc host("1.12.7");
    FakeOrthanc::Answer answer;

    GuardRestCallback(host.GetContext(), answer.GetOutput(), "Test",
                      [] { throw std::runtime_error("Doe^John"); });

    EXPECT_EQ(std::string::npos, host.GetLog().find("Doe"));
    EXPECT_EQ("Unexpected error", answer.details.value());
  }

  TEST(CallbackGuard, RestErrorsHaveDetails)
  {
    FakeOrthanc host("1.12.7");
    FakeOrthanc::Answer answer;

    EXPECT_EQ(OrthancPluginErrorCode_BadFileFormat,
              GuardRestCallback(host.GetContext(), answer.GetOutput(), "Test",
                                [] { throw Failure(FailureKind::BadFormat, "No JSON"); }));

    EXPECT_EQ("No JSON", answer.details.value());
    EXPECT_EQ(0u, answer.status);
  }

  TEST(CallbackGuard, UnknownResourceAndLostClientHaveNone)
  {
    FakeOrthanc host("1.12.7");
    for (const FailureKind kind : {FailureKind::UnknownResource, FailureKind::ClientGone})
    {
      FakeOrthanc::Answer answer;

      GuardRestCallback(host.GetContext(), answer.GetOutput(), "Test",
                        [kind] { throw Failure(kind, "Text"); });

      EXPECT_FALSE(answer.details.has_value());
    }
  }

  TEST(CallbackGuard, WorksWithoutAHost)
  {
    EXPECT_EQ(OrthancPluginErrorCode_InternalError,
              GuardCallback("Test", [] { throw Failure(FailureKind::Internal, "Text"); }));
  }
} // namespace OrthancPlugins
