// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "OrthancDictionary.h"

#include "HostLog.h"

#include <optional>
#include <string>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    std::optional<OrthancPluginValueRepresentation> ToHostVr(const std::string& vr)
    {
      static const std::pair<const char*, OrthancPluginValueRepresentation> KNOWN[] = {
        {"AE", OrthancPluginValueRepresentation_AE}, {"AS", OrthancPluginValueRepresentation_AS},
        {"AT", OrthancPluginValueRepresentation_AT}, {"CS", OrthancPluginValueRepresentation_CS},
        {"DA", OrthancPluginValueRepresentation_DA}, {"DS", OrthancPluginValueRepresentation_DS},
        {"DT", OrthancPluginValueRepresentation_DT}, {"FD", OrthancPluginValueRepresentation_FD},
        {"FL", OrthancPluginValueRepresentation_FL}, {"IS", OrthancPluginValueRepresentation_IS},
        {"LO", OrthancPluginValueRepresentation_LO}, {"LT", OrthancPluginValueRepresentation_LT},
        {"OB", OrthancPluginValueRepresentation_OB}, {"OF", OrthancPluginValueRepresentation_OF},
        {"OW", OrthancPluginValueRepresentation_OW}, {"PN", OrthancPluginValueRepresentation_PN},
        {"SH", OrthancPluginValueRepresentation_SH}, {"SL", OrthancPluginValueRepresentation_SL},
        {"SQ", OrthancPluginValueRepresentation_SQ}, {"SS", OrthancPluginValueRepresentation_SS},
        {"ST", OrthancPluginValueRepresentation_ST}, {"TM", OrthancPluginValueRepresentation_TM},
        {"UI", OrthancPluginValueRepresentation_UI}, {"UL", OrthancPluginValueRepresentation_UL},
        {"UN", OrthancPluginValueRepresentation_UN}, {"US", OrthancPluginValueRepresentation_US},
        {"UT", OrthancPluginValueRepresentation_UT}};
      for (const auto& [name, value] : KNOWN)
      {
        if (vr == name)
        {
          return value;
        }
      }
      return std::nullopt;
    }
  } // namespace

  void AnnouncePrivateTag(OrthancPluginContext* context, const PrivateTag& tag)
  {
    const std::optional<OrthancPluginValueRepresentation> vr = ToHostVr(tag.vr);
    const auto element = static_cast<std::uint16_t>(0x1000 | tag.lowByte);
    const bool isKnown =
      vr.has_value() &&
      OrthancPluginRegisterPrivateDictionaryTag(
        context, static_cast<std::uint16_t>(tag.group), element, *vr, tag.name.c_str(),
        tag.minimumMultiplicity == 0 ? 1 : tag.minimumMultiplicity, tag.maximumMultiplicity,
        tag.creator.c_str()) == OrthancPluginErrorCode_Success;
    if (!isKnown)
    {
      LogWarning("Orthanc cannot be told of the private attribute " +
                 FormatTagNumber({tag.group, tag.lowByte, true}) +
                 ": its own routes show it as unknown");
    }
  }
} // namespace OrthancPlugins
