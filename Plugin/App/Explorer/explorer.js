// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: 2026 The OrthancAdvancedRest contributors

// Injected into Orthanc Explorer, whose pages it only watches: everything else is a module that is
// loaded when a page is shown that it is for. Whatever fails in here leaves the host's page as it is.
(function ()
{
  'use strict';

  var PAGES = ['patient', 'study', 'series', 'jobs'];
  var JOBS_KEY = 'advanced-rest.jobs';
  var loading = null;

  // "../" of the host's page, also behind a proxy that adds a prefix
  function load()
  {
    loading = loading ||
      import(new URL('../advanced-rest/app/Explorer/main.js', document.baseURI).href);
    return loading;
  }

  function complain(error)
  {
    if (window.console)
    {
      console.warn('OrthancAdvancedRest: ' + error);
    }
  }

  function isWaitingForJobs()
  {
    try
    {
      return (localStorage.getItem(JOBS_KEY) || '[]') !== '[]';
    }
    catch (error)
    {
      return false; // a browser that keeps nothing
    }
  }

  function onPageChange(event)
  {
    try
    {
      var name = event.target.id;
      var isOurs = PAGES.indexOf(name) >= 0;
      if (isOurs || loading || isWaitingForJobs())
      {
        var parameters = (isOurs && jQuery.mobile.pageData) || {};
        load().then(function (main)
        {
          return main.showPage(name, parameters.uuid || '', parameters.open || '');
        }).catch(complain);
      }
    }
    catch (error)
    {
      complain(error);
    }
  }

  // Browsers without it are older than modules: they keep the page of the host
  if (window.jQuery && window.HTMLDialogElement && HTMLDialogElement.prototype.showModal)
  {
    jQuery(document).bind('pagebeforeshow', onPageChange);
  }
})();
