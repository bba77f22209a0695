// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

#include "DocumentTypes.h"

#include "../Failure.h"
#include "../Utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace OrthancPlugins
{
  namespace
  {
    const DocumentType TYPES[] = {
      {DocumentKind::Pdf, "1.2.840.10008.5.1.4.1.1.104.1", "application/pdf", ".pdf", "PDF", false},
      {DocumentKind::Cda, "1.2.840.10008.5.1.4.1.1.104.2", "text/XML", ".xml", "CDA", false},
      {DocumentKind::Stl, "1.2.840.10008.5.1.4.1.1.104.3", "model/stl", ".stl", "STL", true},
      {DocumentKind::Obj, "1.2.840.10008.5.1.4.1.1.104.4", "model/obj", ".obj", "OBJ", true},
      {DocumentKind::Mtl, "1.2.840.10008.5.1.4.1.1.104.5", "model/mtl", ".mtl", "MTL", true},
    };

    const std::pair<std::string_view, DocumentKind> MIMES[] = {
      {"application/pdf", DocumentKind::Pdf},
      {"application/x-pdf", DocumentKind::Pdf},
      {"text/xml", DocumentKind::Cda},
      {"application/xml", DocumentKind::Cda},
      {"application/hl7-cda+xml", DocumentKind::Cda},
      {"model/stl", DocumentKind::Stl},
      {"application/sla", DocumentKind::Stl},
      {"model/x.stl-binary", DocumentKind::Stl},
      {"model/x.stl-ascii", DocumentKind::Stl},
      {"model/obj", DocumentKind::Obj},
      {"model/mtl", DocumentKind::Mtl},
    };

    constexpr std::size_t PDF_MARGIN_BYTES = 1024; // ISO 32000-1, annex H.3

    char ToLower(char c)
    {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }

    [[noreturn]] void Refuse(const std::string& why)
    {
      throw Failure(FailureKind::BadFormat, why);
    }

    std::string_view TrimEnd(std::string_view text)
    {
      const std::size_t last = text.find_last_not_of(std::string_view(" \t\r\n\f\0\x1A", 7));
      return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
    }

    void CheckPdf(std::string_view content)
    {
      if (!LooksLikePdf(content))
      {
        Refuse("This is no PDF: there is no header within its first 1,024 bytes");
      }
      const std::string_view body = TrimEnd(content);
      const std::string_view end =
        body.substr(body.size() > PDF_MARGIN_BYTES ? body.size() - PDF_MARGIN_BYTES : 0);
      if (end.rfind("%%EOF") == std::string_view::npos ||
          body.rfind("startxref") == std::string_view::npos)
      {
        Refuse("The PDF is truncated: its end (startxref, %%EOF) is missing");
      }
    }

    std::uint32_t ReadUint32(std::string_view content, std::size_t offset)
    {
      std::uint32_t value = 0;
      for (std::size_t i = 4; i > 0; i--)
      {
        value = value << 8 | static_cast<unsigned char>(content[offset + i - 1]);
      }
      return value;
    }

    void CheckStl(std::string_view content)
    {
      constexpr std::size_t HEAD_BYTES = 84;
      constexpr std::uint64_t TRIANGLE_BYTES = 50;
      if (content.size() >= HEAD_BYTES &&
          content.size() == HEAD_BYTES + TRIANGLE_BYTES * ReadUint32(content, 80))
      {
        return;
      }
      const std::size_t begin = content.find_first_not_of(" \t\r\n");
      const std::string_view text =
        begin == std::string_view::npos ? std::string_view() : content.substr(begin);
      if (text.substr(0, 5) != "solid" || text.rfind("endsolid") == std::string_view::npos)
      {
        Refuse("This is no complete STL: neither a binary one of the length that it announces, nor "
               "a text from \"solid\" to \"endsolid\"");
      }
    }

    // Whether a line of a text begins with that word
    bool HasLine(std::string_view content, std::string_view word)
    {
      for (std::size_t begin = 0; begin < content.size();)
      {
        const std::size_t end = std::min(content.find('\n', begin), content.size());
        const std::string_view line = content.substr(begin, end - begin);
        const std::size_t first = std::min(line.find_first_not_of(" \t"), line.size());
        const std::string_view rest = line.substr(first);
        if (rest.substr(0, word.size()) == word && rest.size() > word.size() &&
            (rest[word.size()] == ' ' || rest[word.size()] == '\t'))
        {
          return true;
        }
        begin = end + 1;
      }
      return false;
    }

    void CheckText(std::string_view content, std::string_view word, const char* name)
    {
      if (content.find('\0') != std::string_view::npos || !HasLine(content, word))
      {
        Refuse("This is no " + std::string(name) + ": it has no line \"" + std::string(word) +
               " ...\"");
      }
    }

    // The start of the root element, behind declaration, comments and instructions; npos if there is none
    std::size_t FindXmlRoot(std::string_view content)
    {
      std::size_t at = content.substr(0, 3) == "\xEF\xBB\xBF" ? 3 : 0;
      for (;;)
      {
        at = content.find_first_not_of(" \t\r\n", at);
        if (at == std::string_view::npos || content[at] != '<')
        {
          return std::string_view::npos;
        }
        const std::string_view rest = content.substr(at);
        const std::string_view end = rest.substr(0, 4) == "<!--" ? "-->"
                                     : rest.substr(0, 2) == "<?" ? "?>"
                                     : rest.substr(0, 2) == "<!" ? ">"
                                                                 : "";
        if (end.empty())
        {
          return at;
        }
        const std::size_t found = content.find(end, at);
        if (found == std::string_view::npos)
        {
          return found;
        }
        at = found + end.size();
      }
    }

    // "ns:name" -> "name"
    std::string_view GetLocalName(std::string_view tag)
    {
      std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/>"));
      const std::size_t colon = name.find(':');
      return colon == std::string_view::npos ? name : name.substr(colon + 1);
    }

    void CheckCda(std::string_view content)
    {
      const std::size_t root = FindXmlRoot(content);
      if (root == std::string_view::npos ||
          GetLocalName(content.substr(root + 1)) != "ClinicalDocument" ||
          content.rfind("ClinicalDocument>") == std::string_view::npos ||
          content.rfind("</") == std::string_view::npos)
      {
        Refuse("This is no complete CDA document: its root must be ClinicalDocument");
      }
    }

    std::string DecodeEntities(std::string_view text)
    {
      static const std::pair<std::string_view, char> ENTITIES[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
      std::string decoded;
      while (!text.empty())
      {
        const auto found = std::find_if(
          std::begin(ENTITIES), std::end(ENTITIES),
          [&](const auto& entity) { return text.substr(0, entity.first.size()) == entity.first; });
        if (found != std::end(ENTITIES))
        {
          decoded += found->second;
          text.remove_prefix(found->first.size());
        }
        else
        {
          const char c = text[0];
          decoded += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
          text.remove_prefix(1);
        }
      }
      return decoded;
    }

    std::string GetXmlAttribute(std::string_view tag, std::string_view name)
    {
      for (std::size_t at = tag.find(name); at != std::string_view::npos;
           at = tag.find(name, at + 1))
      {
        const std::size_t after = at + name.size();
        const bool isWhole = at > 0 && (tag[at - 1] == ' ' || tag[at - 1] == '\n' ||
                                        tag[at - 1] == '\r' || tag[at - 1] == '\t');
        const std::size_t equals = tag.find_first_not_of(" \t\r\n", after);
        if (!isWhole || equals == std::string_view::npos || tag[equals] != '=')
        {
          continue;
        }
        const std::size_t quote = tag.find_first_not_of(" \t\r\n", equals + 1);
        if (quote != std::string_view::npos && (tag[quote] == '"' || tag[quote] == '\''))
        {
          const std::size_t end = tag.find(tag[quote], quote + 1);
          if (end != std::string_view::npos)
          {
            return DecodeEntities(tag.substr(quote + 1, end - quote - 1));
          }
        }
      }
      return "";
    }

    // Only UTF-8 is read: the encoding of the declaration, if there is one
    bool IsUtf8Document(std::string_view content)
    {
      const std::string_view head = content.substr(0, content.find('>'));
      const std::string encoding = GetXmlAttribute(head, "encoding");
      std::string lower = encoding;
      std::transform(lower.begin(), lower.end(), lower.begin(), ToLower);
      return lower.empty() || lower == "utf-8" || lower == "us-ascii";
    }
    // Whatever the declaration says of the encoding: a title is not worth refusing the document
    void KeepIfText(std::string& text)
    {
      if (!IsUtf8(text) || text.find('\0') != std::string::npos)
      {
        text.clear();
      }
    }
  } // namespace

  const DocumentType& GetDocumentType(DocumentKind kind)
  {
    return *std::find_if(std::begin(TYPES), std::end(TYPES),
                         [=](const DocumentType& type) { return type.kind == kind; });
  }

  std::optional<DocumentKind> FindDocumentKind(std::string_view mime)
  {
    std::string lower(mime);
    std::transform(lower.begin(), lower.end(), lower.begin(), ToLower);
    const auto found = std::find_if(std::begin(MIMES), std::end(MIMES),
                                    [&](const auto& entry) { return entry.first == lower; });
    return found == std::end(MIMES) ? std::nullopt : std::make_optional(found->second);
  }

  const DocumentType* FindDocumentType(std::string_view sopClassUid)
  {
    const auto found =
      std::find_if(std::begin(TYPES), std::end(TYPES),
                   [&](const DocumentType& type) { return sopClassUid == type.sopClassUid; });
    return found == std::end(TYPES) ? nullptr : &*found;
  }

  bool LooksLikePdf(std::string_view content)
  {
    return content.substr(0, PDF_MARGIN_BYTES).find("%PDF-") != std::string_view::npos;
  }

  void CheckDocument(DocumentKind kind, std::string_view content)
  {
    if (content.empty())
    {
      Refuse("The document is empty");
    }
    switch (kind)
    {
    case DocumentKind::Pdf:
      CheckPdf(content);
      break;
    case DocumentKind::Cda:
      CheckCda(content);
      break;
    case DocumentKind::Stl:
      CheckStl(content);
      break;
    case DocumentKind::Obj:
      CheckText(content, "v", "OBJ");
      break;
    case DocumentKind::Mtl:
      CheckText(content, "newmtl", "MTL");
      break;
    }
  }

  CdaHeader ReadCdaHeader(std::string_view content)
  {
    CdaHeader header;
    std::size_t at = FindXmlRoot(content);
    if (at == std::string_view::npos || !IsUtf8Document(content))
    {
      return header;
    }
    // Children of the root only, without the depth of a parser
    unsigned depth = 0;
    while (at != std::string_view::npos && at + 1 < content.size())
    {
      const std::string_view rest = content.substr(at);
      const std::size_t end = rest.substr(0, 4) == "<!--"        ? rest.find("-->")
                              : rest.substr(0, 9) == "<![CDATA[" ? rest.find("]]>")
                                                                 : rest.find('>');
      if (end == std::string_view::npos)
      {
        break;
      }
      const std::string_view tag = rest.substr(1, end - 1);
      if (!tag.empty() && tag[0] == '/')
      {
        depth = depth == 0 ? 0 : depth - 1;
      }
      else if (!tag.empty() && tag[0] != '!' && tag[0] != '?')
      {
        if (depth == 1 && GetLocalName(tag) == "title" && header.title.empty())
        {
          const std::size_t close = rest.find('<', end);
          header.title = DecodeEntities(
            rest.substr(end + 1, close == std::string_view::npos ? 0 : close - end - 1));
        }
        if (depth == 1 && GetLocalName(tag) == "id" && header.instanceIdentifier.empty())
        {
          const std::string extension = GetXmlAttribute(tag, "extension");
          header.instanceIdentifier =
            GetXmlAttribute(tag, "root") + (extension.empty() ? "" : "^" + extension);
        }
        depth += tag.back() == '/' ? 0 : 1;
      }
      at = content.find('<', at + end);
    }
    KeepIfText(header.title);
    KeepIfText(header.instanceIdentifier);
    return header;
  }
} // namespace OrthancPlugins
