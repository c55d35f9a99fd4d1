"use strict";
// A choice in a searched filter is followed at once, as a click on a listed one is.
django.jQuery(function ($) {
  $(".search-filter select").on("select2:select", function () {
    this.form.submit();
  });
});
